import type { ActOffer } from '../../acts/offers.ts';
import type { Track } from '../../analysis/verdict/track.ts';
import type { Verdict } from '../../api/release/analysis-state.ts';
import type { ReleaseView } from '../../view/release-view.ts';
import type { Health } from './problem.ts';

/** A window of a metric, as it is kept in the Release: counts since the step began. */
export interface WindowPoint {
  /** End of the window, RFC 3339. */
  readonly at: string;
  readonly step: number;
  readonly verdict: Verdict;
  readonly message?: string;
  readonly canary: { readonly events: number; readonly bad: number };
  readonly stable: { readonly events: number; readonly bad: number };
}

/** The newest windows of a metric, oldest first. */
export interface MetricCourse {
  readonly name: string;
  readonly windows: readonly WindowPoint[];
  /** Canary and stable against each limit, with the confidence band. */
  readonly tracks: readonly Track[];
}

/** A place that the release went through. */
export interface PassageView {
  /** Phase and stage: `Stepping.Analysing`. */
  readonly place: string;
  readonly at: string;
  readonly reason: string;
  /** Percent of the traffic that the canary was to have from then on; absent in Releases of older controllers. */
  readonly weight?: number | undefined;
}

/** A field of the pod template that is changed. What may be a secret is hidden. */
export interface FieldDiff {
  /** `spec.containers[server].image`. */
  readonly path: string;
  /** Absent where the field is added … */
  readonly before?: string;
  /** … or removed. */
  readonly after?: string;
}

/** An event of Kubernetes about the Rollout, the Release, the Deployment, a ReplicaSet or a pod. */
export interface EventView {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly text: string;
  /** `Pod ranker-abc`. */
  readonly about: string;
  /** How often. */
  readonly count: number;
}

/** A message to people, as it was sent to the receivers. */
export interface MessageView {
  readonly at: string;
  readonly severity: string;
  readonly reason: string;
  readonly text: string;
}

/**
 * `GET /api/v1/namespaces/NAMESPACE/rollouts/NAME/current` (what `sluice status NAME` shows) or
 * `GET /api/v1/namespaces/NAMESPACE/releases/NAME`, and the event `page` of `/stream` below them: at most one a second,
 * and at least every five seconds while texts such as "in 3m" change. The event `health` carries a `Health`, `ended` a
 * `Problem`. A release that ends while its page is open stays, with `view.place.isOver`.
 */
export interface ReleasePage {
  /** Exactly what `sluice status -o json` says. */
  readonly view: ReleaseView;
  readonly courses: readonly MetricCourse[];
  /** Oldest first. */
  readonly trail: readonly PassageView[];
  readonly messages: readonly MessageView[];
  /** What changed in the pod template, at most 100 fields; empty where it is not stored any more. */
  readonly diff: readonly FieldDiff[];
  /** The newest first, at most 50; null if the person may not see events. */
  readonly events: readonly EventView[] | null;
  /** Percent of the traffic of each step that is known; 0 where a match or a mirror gives the canary its requests. */
  readonly weights: readonly number[];
  /** What the state permits now; what the person may do is in `Rights`. */
  readonly offers: readonly ActOffer[];
  readonly health: Health;
}
