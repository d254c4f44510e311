import type { Link, Severity } from '../api/notification.ts';
import type { Phase } from '../api/places.ts';
import type { AnalysisView, MetricView } from './analysis-view.ts';
import type { Tone } from './tone.ts';

/** Version of the shape below. It changes when a field goes, or means something else; fields may be added. */
export const VIEW_VERSION = 'view.sluice.dev/v1alpha1';

/**
 * A Release as people see it, or a Rollout without one under way: plain data, without colours or marks, from which the
 * command line, messages and dashboards are drawn. Times are RFC 3339; spans in texts are reckoned from `at`.
 */
export interface ReleaseView {
  readonly apiVersion: typeof VIEW_VERSION;
  readonly kind: 'ReleaseView';
  /** When it was made. */
  readonly at: string;
  readonly heading: HeadingView;
  readonly place: PlaceView;
  /** How much it needs a person now. */
  readonly severity: Severity;
  /** How good or bad it is to be there. */
  readonly tone: Tone;
  /** The steps and the promotion, in order. Empty without a release. */
  readonly steps: readonly StepView[];
  readonly traffic: TrafficView;
  /** Stable first. */
  readonly versions: readonly VersionView[];
  /** Kinds of objects that were not read, or may not be, so that what they say is missing. */
  readonly hidden: readonly string[];
  readonly analysis: AnalysisView;
  readonly metrics: readonly MetricView[];
  readonly people: PeopleView;
  readonly next: NextView;
  /** Pages of the policy, with namespace, workload, release and revision filled in. */
  readonly links: readonly Link[];
}

/** What it is about. */
export interface HeadingView {
  readonly namespace: string;
  readonly rollout: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** Name of the Release; null where the Rollout has none to show. */
  readonly release: string | null;
  /** Revision that is tried, or is about to be. */
  readonly revision: string | null;
  readonly began?: string;
  readonly ended?: string;
  readonly change: ChangeView;
}

/** What the pod template changes. Values that may be secret are left out. */
export interface ChangeView {
  /** `server: registry/model:v1 → v2`. */
  readonly images: readonly string[];
  /** `spec.containers[server].resources.limits.cpu: 2 → 4`. */
  readonly fields: readonly string[];
  /** How many fields change beside images. */
  readonly others: number;
}

/** Where it is, and why. */
export interface PlaceView {
  /** The phase of the Release; of a Rollout without one: Idle, Invalid, or what its status says. */
  readonly phase: Phase | 'Idle' | 'Invalid' | 'Unknown';
  readonly stage?: string;
  /** Phase and stage by their names: `Stepping (Analysing)`. */
  readonly text: string;
  /** What is going on there: `judging the canary`. */
  readonly label: string;
  /** Step for people: `start`, `2/3 (25 %)` (`2/?` while the evidence has yet to choose how many there are), `promotion`. */
  readonly step?: string;
  /** Since when it has been there. */
  readonly since?: string;
  /** When it will have been there for too long. */
  readonly deadline?: string;
  /** Why, in one CamelCase word, and in a sentence. */
  readonly reason?: string;
  readonly message?: string;
  /** How it is, in one line; empty where there is nothing to say. */
  readonly summary: string;
  readonly isOver: boolean;
}

/** A step, or the promotion after the last one. */
export interface StepView {
  /** `25 %`, `…` for weights that are yet to be chosen, or `promotion`. */
  readonly name: string;
  /** Percent of the traffic; absent for what has no weight of its own. */
  readonly weight?: number;
  /** `skipped`: left without its verdict. `failed`: the release ended here. */
  readonly state: 'done' | 'skipped' | 'current' | 'ahead' | 'failed';
}

/** Who gets the traffic, in percent that add up to 100. */
export interface TrafficView {
  readonly stable: number;
  readonly canary: number;
  /** The routes do not tell the versions apart: every ready pod gets its share, which the percentages estimate. */
  readonly isShared: boolean;
  /** `canary 25 %, stable 75 %`. */
  readonly text: string;
}

/** One version and its pods. */
export interface VersionView {
  readonly role: 'stable' | 'canary';
  /** What it is called by now: after a promotion the canary is what `serves`, and stable is what served `before`. */
  readonly label: 'stable' | 'canary' | 'before' | 'serves';
  readonly replicaSet: string;
  readonly podTemplateHash: string;
  /** Images by container; empty where the pod template is not known. */
  readonly images: Readonly<Record<string, string>>;
  /** How many pods there are, and are to be; absent where that is not known. */
  readonly ready?: number;
  readonly wanted?: number;
  /** `2/2 ready`, `removed`, `no ReplicaSet`, or empty where nothing is known. */
  readonly text: string;
  readonly tone: Tone;
  /** Pods that could be read; those that are not ready first. */
  readonly pods: readonly PodView[];
}

/** How a pod is, in a few words. */
export interface PodView {
  readonly name: string;
  readonly ready: boolean;
  /** `loading for 42s, 1 restart`. */
  readonly text: string;
  readonly tone: Tone;
}

/** What people are asked for, and what they did. */
export interface PeopleView {
  /** The gate that waits now. */
  readonly gate: GateView | null;
  readonly acts: readonly ActView[];
}

/** A gate that waits. */
export interface GateView {
  readonly name: string;
  /** How many different people must approve. */
  readonly quorum: number;
  readonly approvedBy: readonly string[];
  readonly since?: string;
  /** When the wait is over; absent where it never is. */
  readonly until?: string;
  /** What it is then. */
  readonly onTimeout?: 'rolled back' | 'overdue';
}

/** What somebody did with the release. */
export interface ActView {
  readonly act: 'approved' | 'rejected' | 'aborted' | 'skipped' | 'promoted' | 'paused';
  /** The gate, or the step such as `step 1/3 (10 %)`. */
  readonly about?: string;
  /** Index of a step that was skipped, from 0. */
  readonly step?: number;
  /** Who it was, by what way where it was not Kubernetes; absent where that is not kept. */
  readonly by?: string;
  readonly reason?: string;
}

/** What comes next, and what it waits for. */
export interface NextView {
  readonly what: string;
  /** Why it has not come yet. */
  readonly why?: string;
  /** Commands that a person could give now. */
  readonly commands: readonly string[];
}
