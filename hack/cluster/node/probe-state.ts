import type { Probe } from './pod.ts';

/** What a series of probe results has come to. */
export interface ProbeState {
  /** The verdict in force; null until enough results in a row agree for the first time. */
  readonly verdict: boolean | null;
  /** Results in a row that were the same as the last one. */
  readonly streak: number;
  readonly last: boolean | null;
}

/** Before the first result. Readiness and start-up count it as failing, liveness as passing. */
export const BEFORE_PROBES: ProbeState = { verdict: null, streak: 0, last: null };

/** Takes in one result. The verdict changes when enough results in a row say so. */
export function afterProbe(state: ProbeState, ok: boolean, probe: Probe): ProbeState {
  const streak = state.last === ok ? state.streak + 1 : 1;
  const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return { verdict: streak >= threshold ? ok : state.verdict, streak, last: ok };
}
