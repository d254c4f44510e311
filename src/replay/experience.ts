import { ascending, quantileOf } from '../analysis/evidence/binomial.ts';
import type { Place } from '../api/release/places.ts';
import type { Passage, Release } from '../api/release/release.ts';
import { gatesOf } from '../api/rollout/gates.ts';
import { fixedSteps } from '../api/rollout/steps.ts';

/** Maximum number of past releases that are used. */
const NEWEST = 10;

/** Where the pods load. */
const LOADING: Place = 'Starting.Loading';

const median = (values: readonly number[]): number | null => quantileOf(ascending(values), 0.5);

const timeOf = ({ at }: Passage): number => Date.parse(at);

/** How long its first canary pods took; unknown if a person may have been waited for meanwhile. */
function loadOf({ spec, status }: Release): number[] {
  const trail = status?.trail ?? [];
  const from = trail.findIndex(({ phase }) => phase === LOADING);
  const [loading, next] = [trail[from], trail[from + 1]];
  const gated = spec.policy.approval?.at.includes(gatesOf(fixedSteps(spec.policy))[0] ?? '') === true;
  if (gated || loading === undefined || !next?.phase.startsWith('Stepping')) return [];
  return [timeOf(next) - timeOf(loading)];
}

function promotionOf({ status }: Release): number[] {
  const began = status?.trail?.find(({ phase }) => phase.startsWith('Promoting'));
  if (status?.phase !== 'Promoted' || status.finishedAt === undefined || began === undefined) return [];
  return [Date.parse(status.finishedAt) - timeOf(began)];
}

/** How long loading and promotion took in the median of the newest releases, in milliseconds; null without any. */
export function experienceOf(releases: readonly Release[]): {
  readonly loadMs: number | null;
  readonly promotionMs: number | null;
} {
  const newest = releases.slice(-NEWEST);
  return { loadMs: median(newest.flatMap(loadOf)), promotionMs: median(newest.flatMap(promotionOf)) };
}
