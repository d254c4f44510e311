import { ANALYSIS_REASONS } from '../../analysis/reasons.ts';
import type { Problem as ProblemOf } from '../../api/problem.ts';
import { PHASES, type Phase } from '../../api/release/places.ts';
import { ordinary, type ReasonInfo, trouble } from '../../api/release/reason.ts';
import { ROUTER_REASONS } from '../../traffic/reasons.ts';
import { STEP_REASONS } from './analysis.ts';
import { CANARY_REASONS } from './canary.ts';
import { COURSE_REASONS } from './course.ts';
import { ENDING_REASONS } from './endings.ts';
import { RELEASES_REASONS } from './releases.ts';
import { ROUTES_REASONS } from './routes.ts';
import { WORKLOAD_REASONS } from './workload.ts';

/** Every reason that is put into a condition, an event, a status or a message, by what it is about. */
export const CATALOGUE = {
  'The Deployment and its Rollout': WORKLOAD_REASONS,
  'Whether a version is released': RELEASES_REASONS,
  'The routes of the workload': ROUTER_REASONS,
  'Templates and metrics': ANALYSIS_REASONS,
  'The canary': CANARY_REASONS,
  'Verdicts, people and messages': STEP_REASONS,
  'Traffic and writes': ROUTES_REASONS,
  'Why a release ended': ENDING_REASONS,
  'The ordinary course': COURSE_REASONS,
} as const;

type Areas = typeof CATALOGUE;
type Listed = { [A in keyof Areas]: keyof Areas[A] }[keyof Areas];

/** One word for why something is so. A phase stands for itself. */
export type Reason = Listed | Phase;

/** A problem for a person to fix. */
export type Problem = ProblemOf<Reason>;

const ALL: ReadonlyMap<string, ReasonInfo> = new Map([
  ...PHASES.map((phase): [string, ReasonInfo] => [phase, ordinary('The phase itself.')]),
  ...Object.values(CATALOGUE).flatMap((area) => Object.entries<ReasonInfo>(area)),
]);

const UNKNOWN = trouble(['Release'], 'Another version of the controller wrote it.');

/** What is known of a reason. A reason of another version of the controller in a status counts as a problem. */
export function reasonInfo(reason: string | undefined): ReasonInfo {
  return ALL.get(reason ?? '') ?? UNKNOWN;
}

/** A reason that stands in an object already: another version of the controller may have written it. */
export function storedReason(reason: string): Reason {
  return reason as Reason;
}
