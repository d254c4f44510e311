import type { Calibration } from '../../../src/api/analysis/calibration.ts';
import type { Look } from './look.ts';

/** What an engine says after a look: roll back, stay where the release is, or continue. */
export type Decision = 'abort' | 'wait' | 'go';

/** Decides after each look of one release. */
export type Judge = (look: Look) => Decision;

/** A way to judge a canary. */
export interface Engine {
  readonly name: string;
  /** It receives what the past of the service has shown. */
  readonly learns?: true;
  /** Starts with a new release. */
  begin(kind: 'errors' | 'latency', learnt?: Calibration): Judge;
}

/** The decision of an engine that only knows whether it rolls back. */
export function abortIf(abort: boolean): Decision {
  return abort ? 'abort' : 'go';
}
