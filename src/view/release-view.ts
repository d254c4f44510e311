import type { Link, Severity } from '../api/notification.ts';
import type { Phase } from '../api/release/places.ts';
import type { AnalysisView, CalibrationView, ExposureView, MetricView } from './analysis-view.ts';
import type { Tone } from './tone.ts';

/** Version of the shape below. It changes when a field is removed or changes its meaning; fields may be added. */
export const VIEW_VERSION = 'view.sluice.dev/v1alpha1';

/**
 * A Release as people see it, or a Rollout without a running one: plain data, without colours or marks, from which the
 * command line, messages and dashboards are drawn. Times are RFC 3339; ages in texts are relative to `at`.
 */
export interface ReleaseView {
  readonly apiVersion: typeof VIEW_VERSION;
  readonly kind: 'ReleaseView';
  /** When the view was made. */
  readonly at: string;
  readonly heading: HeadingView;
  readonly place: PlaceView;
  /** How much it needs a person now. */
  readonly severity: Severity;
  /** Whether that state is good or bad. */
  readonly tone: Tone;
  /** The steps and the promotion, in order. Empty without a release. */
  readonly steps: readonly StepView[];
  readonly traffic: TrafficView;
  /** Stable first. */
  readonly versions: readonly VersionView[];
  /** Kinds of objects that were not read or are forbidden, so that their data is missing. */
  readonly hidden: readonly string[];
  readonly analysis: AnalysisView;
  readonly metrics: readonly MetricView[];
  /** Requests and bad answers of the canary in the whole release; null before the first. */
  readonly exposure: ExposureView | null;
  /** What is known of the metrics from the past; empty where nothing is known. */
  readonly calibrations: readonly CalibrationView[];
  readonly people: PeopleView;
  readonly next: NextView;
  /** Pages of the policy, with namespace, workload, release and revision filled in. */
  readonly links: readonly Link[];
}

/** The subject of the view. */
export interface HeadingView {
  readonly namespace: string;
  readonly rollout: string;
  readonly workload: { readonly kind: string; readonly name: string };
  /** Name of the Release; null if the Rollout has none to show. */
  readonly release: string | null;
  /** Revision that is or will be tried. */
  readonly revision: string | null;
  readonly began?: string;
  readonly ended?: string;
  /** Id of its trace, if it has one. */
  readonly trace?: string;
  readonly change: ChangeView;
}

/** What the pod template changes. Values that may be secret are left out. */
export interface ChangeView {
  /** `server: registry/model:v1 → v2`. */
  readonly images: readonly string[];
  /** `spec.containers[server].resources.limits.cpu: 2 → 4`. */
  readonly fields: readonly string[];
  /** Number of changed fields other than images. */
  readonly others: number;
}

/** Its place, and why it is there. */
export interface PlaceView {
  /** The phase of the Release; of a Rollout without one: Idle, Invalid, or what its status says. */
  readonly phase: Phase | 'Idle' | 'Invalid' | 'Unknown';
  readonly stage?: string;
  /** Phase and stage by their names: `Stepping (Analysing)`. */
  readonly text: string;
  /** What happens there: `judging the canary`. */
  readonly label: string;
  /** Step for people: `start`, `2/3 (25 %)` (`2/?` while the evidence has yet to choose how many there are), `promotion`. */
  readonly step?: string;
  /** When it got there. */
  readonly since?: string;
  /** Its deadline. */
  readonly deadline?: string;
  /** Why, in one CamelCase word, and in a sentence. */
  readonly reason?: string;
  readonly message?: string;
  /** Its state in one line; may be empty. */
  readonly summary: string;
  readonly isOver: boolean;
}

/** A step, or the promotion after the last one. */
export interface StepView {
  /** `25 %`, `…` for weights not chosen yet, or `promotion`. */
  readonly name: string;
  /** Percent of the traffic; absent without its own weight. */
  readonly weight?: number;
  /** `skipped`: ended without its verdict. `failed`: the release ended here. */
  readonly state: 'done' | 'skipped' | 'current' | 'ahead' | 'failed';
}

/** Who gets the traffic, in percent that add up to 100. */
export interface TrafficView {
  readonly stable: number;
  readonly canary: number;
  /** The routes do not distinguish the versions: all ready pods share the traffic, which the percentages estimate. */
  readonly isShared: boolean;
  /** What the requests are chosen by that the canary gets beside its percentage: `x-tester or cookie region`. */
  readonly chosenBy?: string;
  /** Percent of the requests of which the canary gets a copy; the answers reach nobody. */
  readonly mirror?: number;
  /**
   * `canary 25 %, stable 75 %`, with what the canary gets beside that; where only pods divide it, with their numbers.
   */
  readonly text: string;
  /** How the steps of the policy became those of the pods. */
  readonly rounding?: string;
}

/** One version and its pods. */
export interface VersionView {
  readonly role: 'stable' | 'canary';
  /** Its current role: after a promotion the canary `serves`, and stable served `before`. */
  readonly label: 'stable' | 'canary' | 'before' | 'serves';
  readonly replicaSet: string;
  readonly podTemplateHash: string;
  /** Images by container; empty if the pod template is unknown. */
  readonly images: Readonly<Record<string, string>>;
  /** Actual and desired number of pods; absent if unknown. */
  readonly ready?: number;
  readonly wanted?: number;
  /** `2/2 ready`, `removed`, `no ReplicaSet`, or empty if unknown. */
  readonly text: string;
  readonly tone: Tone;
  /** Pods that could be read, unready ones first. */
  readonly pods: readonly PodView[];
}

/** The state of a pod, in a few words. */
export interface PodView {
  readonly name: string;
  readonly ready: boolean;
  /** `loading for 42s, 1 restart`. */
  readonly text: string;
  readonly tone: Tone;
  /** What it asks for beside CPU and memory: `2 nvidia.com/gpu`. Empty for most pods. */
  readonly devices: readonly string[];
}

/** Requests to people, and their actions. */
export interface PeopleView {
  /** The gate that waits now. */
  readonly gate: GateView | null;
  /** All gates of the policy, in the order of the release. */
  readonly gates: readonly GateState[];
  readonly acts: readonly ActView[];
}

/** A gate that waits. */
export interface GateView {
  readonly name: string;
  /** How many different people must approve. */
  readonly quorum: number;
  readonly approvedBy: readonly string[];
  readonly since?: string;
  /** When the wait ends; absent if it never does. */
  readonly until?: string;
  /** What happens then. */
  readonly onTimeout?: 'rolled back' | 'overdue';
}

/** A gate of the policy, whether it waits or not. */
export interface GateState {
  readonly name: string;
  /** How many different people must approve. */
  readonly quorum: number;
  readonly approvedBy: readonly string[];
  readonly state: 'open' | 'waits' | 'ahead';
  /** Who may approve; empty for everybody with the right. */
  readonly from: readonly string[];
}

/** An action of a person on the release. */
export interface ActView {
  readonly act: 'approved' | 'rejected' | 'aborted' | 'skipped' | 'promoted' | 'paused';
  /** The gate, or the step such as `step 1/3 (10 %)`. */
  readonly about?: string;
  /** Index of a skipped step, from 0. */
  readonly step?: number;
  /** Who it was, and through which channel if not Kubernetes; absent if not recorded. */
  readonly by?: string;
  readonly reason?: string;
  /** When the controller accepted it; absent if that is not recorded. */
  readonly at?: string;
}

/** What comes next, and what it waits for. */
export interface NextView {
  readonly what: string;
  /** Why it has not happened yet. */
  readonly why?: string;
  /** Commands that a person could run now. */
  readonly commands: readonly string[];
}
