import type { Reason } from '../reasons/catalogue.ts';
/** Something that a person should be able to read in the events of the Release. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  readonly note: string;
  /** Told in the status and to people, but by no event: it passes into the next one, or is told by what follows. */
  readonly quiet?: true;
}
