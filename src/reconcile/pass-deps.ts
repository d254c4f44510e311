import type { Release } from '../api/release/release.ts';
import type { Checks } from '../measure/checks.ts';
import type { Learner } from '../measure/learning/learner.ts';
import type { PendingAnswers } from '../measure/pending-answers.ts';
import type { PodLists } from '../measure/pod-lists.ts';
import type { SampleDeps } from '../measure/samples.ts';
import type { WarmUps } from '../measure/warm-ups.ts';
import type { Events, Writer } from '../ports/cluster.ts';
import type { Log, Telemetry, Tracing } from '../ports/telemetry.ts';
import type { Decision } from '../release/decide.ts';
import type { Observation } from '../release/observed.ts';
import type { RouteDeps } from './read/route-request.ts';
import type { Contests } from './release/contests.ts';
import type { Departures } from './release/departures.ts';
import type { Drafts } from './release/drafts.ts';
import type { Tries } from './release/tries.ts';

/** Dependencies of writing. */
export interface CommitDeps extends RouteDeps {
  readonly writer: Writer;
}

/** Dependencies of applying a Release's desired state. */
export interface DesiredDeps extends CommitDeps {
  readonly tries: Tries;
  readonly contests: Contests;
}

/** What the metrics add to an observation. */
export type Answer = Partial<Pick<Observation, 'window' | 'preflight' | 'residual'>>;

/** Dependencies of a pass besides reading and writing. */
export interface PassDeps extends DesiredDeps, SampleDeps {
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly tracing: Tracing;
  readonly log: Log;
  readonly answers: PendingAnswers<Answer>;
  readonly departures: Departures;
  readonly drafts: Drafts;
  readonly podLists: PodLists;
  readonly warmUps: WarmUps;
  readonly checks: Checks;
  readonly learner: Learner;
  /** Receives what each pass over a Release was decided from, to decide it again later. */
  readonly record: (observation: Observation, decision: Decision) => void;
  /** Whether it is known that a Release has no receivers. */
  readonly hasNobody: (release: Release) => boolean;
}

/** The earliest of the times that are known. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
