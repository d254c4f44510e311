import type { Reason } from '../reasons/catalogue.ts';
/** A message for the events of the Release. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  readonly note: string;
  /** In the status and messages, but not an event: it leads to the next event, which covers it. */
  readonly quiet?: true;
}
