import type { Router } from '../traffic/router.ts';
import { type Routers, routerOf } from '../traffic/routers.ts';
import { type Decision, decide } from './decide.ts';
import type { Observation } from './observed.ts';
import { createRedaction } from './redaction.ts';

/** What one pass over a release was decided from, and what it came to: plain data, without secrets. */
export interface PassRecord {
  /** Version of Sluice that has written it; another one may decide otherwise. */
  readonly version: string;
  readonly observation: Observation;
  readonly decision: Decision;
}

/** Records a pass. */
export function recordPass(version: string, observation: Observation, decision: Decision): PassRecord {
  const redacted = createRedaction();
  return { version, observation: redacted(observation), decision: redacted(decision) };
}

/** Decides a recorded pass once more, with the router that its policy names. */
export function replayPass({ observation }: PassRecord, routers: Pick<Routers<Router>, 'choose'>): Decision {
  const { router } = routerOf(routers, observation.release.spec.policy.traffic);
  return decide(observation, router);
}
