/** Releases of a Rollout in a row that were ended by newer templates. */
export interface SupersededRun {
  readonly namespace: string;
  readonly rollout: string;
  readonly count: number;
}
