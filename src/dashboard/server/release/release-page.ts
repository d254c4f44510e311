import { offersOf } from '../../../acts/offers.ts';
import { tracksOf } from '../../../analysis/verdict/track.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { MetricState } from '../../../api/release/analysis-state.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { oldestFirst, partOf, shownOf } from '../../../view/select-release.ts';
import { stepsOf } from '../../../view/steps.ts';
import { viewOf } from '../../../view/view-of.ts';
import type { MetricCourse, ReleasePage } from '../../api/release.ts';
import { diffOf } from './page-diff.ts';
import { eventsOf, type Subjects } from './page-events.ts';

/** The objects that a page is made of. */
export interface PageObjects {
  readonly rollout: Rollout | null;
  /** Name of the Release to show; null for the current Release of the Rollout. */
  readonly named: string | null;
  readonly releases: readonly Release[];
  readonly deployment: KubeObject | null;
  readonly replicaSets: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** Events of the namespace; null if the person may not see them. */
  readonly events: readonly KubeObject[] | null;
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

type Details = Omit<ReleasePage, 'view' | 'health' | 'events'>;

const NOTHING: Details = { courses: [], trail: [], messages: [], weights: [], offers: [], diff: [] };

function detailsOf(release: Release, { replicaSets, deployment }: PageObjects, now: number): Details {
  const { status } = release;
  return {
    courses: (status?.analysis?.metrics ?? []).map((state) => courseOf(release, state)),
    trail: (status?.trail ?? []).map(({ phase, ...rest }) => ({ place: phase, ...rest })),
    messages: (status?.messages ?? []).map(({ at, severity, reason, text }) => ({
      at,
      severity,
      reason,
      text,
    })),
    weights: stepsOf(release).known.map(({ weight = 0 }) => weight),
    offers: offersOf(release, now),
    diff: diffOf(release, replicaSets, deployment),
  };
}

const namesOf = (objects: readonly (KubeObject | null)[]): ReadonlySet<string> =>
  new Set(objects.flatMap((one) => (one === null ? [] : [one.metadata.name])));

/** Whose events belong to the page of a Rollout or of one of its Releases. */
function subjectsOf(
  { rollout, deployment, replicaSets, pods }: PageObjects,
  release: Release | null,
): Subjects {
  const { stable, canary } = release?.spec ?? {};
  const sets = [stable?.replicaSet, canary?.replicaSet].filter((one) => one !== undefined);
  const owned = replicaSets.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === deployment?.metadata.uid),
  );
  return {
    Rollout: namesOf([rollout]),
    Release: namesOf([release]),
    Deployment: namesOf([deployment]),
    ReplicaSet: new Set([...namesOf(owned), ...sets]),
    Pod: namesOf(pods),
  };
}

/** The page of a release, or of a Rollout without one, with the same view as `sluice status` draws. */
export function pageOf(objects: PageObjects, now: number): Omit<ReleasePage, 'health'> {
  const { rollout, deployment, replicaSets, pods, hidden } = objects;
  const releases = oldestFirst(objects.releases);
  const named = releases.find(({ metadata }) => metadata.name === objects.named) ?? null;
  const selected = shownOf({ rollout, named, releases, deployment });
  const view = viewOf({ rollout, ...partOf(selected), deployment, replicaSets, pods, hidden, now });
  const release = selected.kind === 'release' ? selected.release : null;
  const events = objects.events && eventsOf(objects.events, subjectsOf(objects, release));
  return { view, events, ...(release === null ? NOTHING : detailsOf(release, objects, now)) };
}
