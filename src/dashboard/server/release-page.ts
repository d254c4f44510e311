import { offersOf } from '../../acts/offers.ts';
import { tracksOf } from '../../analysis/verdict/track.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Release } from '../../api/release/release.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { oldestFirst, partOf, shownOf } from '../../view/select-release.ts';
import { stepsOf } from '../../view/steps.ts';
import { viewOf } from '../../view/view-of.ts';
import type { MetricCourse, ReleasePage } from '../api/release.ts';

/** The objects that a page is made of. */
export interface PageObjects {
  readonly rollout: Rollout | null;
  /** Name of the Release to show; null for the current Release of the Rollout. */
  readonly named: string | null;
  readonly releases: readonly Release[];
  readonly deployment: KubeObject | null;
  readonly replicaSets: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly hidden: readonly ('ReplicaSet' | 'Pod')[];
}

function courseOf({ spec }: Release, state: MetricState): MetricCourse {
  const metric = spec.metrics.find(({ name }) => name === state.name);
  return {
    name: state.name,
    windows: (state.history ?? []).map(({ at, step, verdict, message, canary, stable }) => ({
      at,
      step,
      verdict,
      ...(message === undefined ? {} : { message }),
      canary: { events: canary.events, bad: canary.bad },
      stable: { events: stable.events, bad: stable.bad },
    })),
    tracks: metric === undefined ? [] : tracksOf(metric, state, spec),
  };
}

type Details = Omit<ReleasePage, 'view' | 'health'>;

const NOTHING: Details = { courses: [], trail: [], messages: [], weights: [], offers: [] };

function detailsOf(release: Release, now: number): Details {
  const { status } = release;
  return {
    courses: (status?.analysis?.metrics ?? []).map((state) => courseOf(release, state)),
    trail: (status?.trail ?? []).map(({ phase, at, reason }) => ({ place: phase, at, reason })),
    messages: (status?.messages ?? []).map(({ at, severity, reason, text }) => ({
      at,
      severity,
      reason,
      text,
    })),
    weights: stepsOf(release).known.map(({ weight = 0 }) => weight),
    offers: offersOf(release, now),
  };
}

/** The page of a release, or of a Rollout without one, with the same view as `sluice status` draws. */
export function pageOf(objects: PageObjects, now: number): Omit<ReleasePage, 'health'> {
  const { rollout, deployment, replicaSets, pods, hidden } = objects;
  const releases = oldestFirst(objects.releases);
  const named = releases.find(({ metadata }) => metadata.name === objects.named) ?? null;
  const selected = shownOf({ rollout, named, releases, deployment });
  const view = viewOf({ rollout, ...partOf(selected), deployment, replicaSets, pods, hidden, now });
  return { view, ...(selected.kind === 'release' ? detailsOf(selected.release, now) : NOTHING) };
}
