import type { Look } from './look.ts';

/** What an engine says after a look: roll back, stay where the release is, or go on with it. */
export type Decision = 'abort' | 'wait' | 'go';

/** Decides after each look of one release. */
export type Judge = (look: Look) => Decision;

/** A way to judge a canary; `begin` starts with a new release. */
export interface Engine {
  readonly name: string;
  begin(kind: 'errors' | 'latency'): Judge;
}

/** The decision of an engine that only knows whether it rolls back. */
export function abortIf(abort: boolean): Decision {
  return abort ? 'abort' : 'go';
}
