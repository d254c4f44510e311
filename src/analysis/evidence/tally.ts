/** Bad events among events of one version. */
export interface Tally {
  readonly events: number;
  readonly bad: number;
}

/** The rate of bad events; 0 without events. */
export const rateOf = ({ events, bad }: Tally): number => (events === 0 ? 0 : bad / events);

/** Counts of both versions in one span of time. */
export interface Span {
  readonly seconds: number;
  readonly canary: Tally;
  readonly stable: Tally;
}
