import type { Look } from './look.ts';

/** Whether a release is rolled back after this look. */
export type Judge = (look: Look) => boolean;

/** A way to judge a canary; `begin` starts with a new release. */
export interface Engine {
  readonly name: string;
  begin(kind: 'errors' | 'latency'): Judge;
}
