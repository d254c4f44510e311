import type {
  PlanPage,
  PreflightFinding,
  ReplayAsked,
  ReplayProgress,
  ReplayReport,
} from '../../api/examination.ts';
import type { Viewer } from '../people/viewer.ts';

/** A Rollout that is examined, with the rights of a viewer. */
export interface Examined {
  readonly viewer: Viewer;
  readonly namespace: string;
  readonly rollout: string;
}

/** What goes with a long examination. */
export interface Hooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReplayProgress) => void;
}

/** The examinations of `sluice preflight`, `plan` and `replay`. Each rejects with a `Fault`, or an error of the API server. */
export interface Examiner {
  /** Whether Prometheus is asked with credentials of the server: answers are then the same for all who may read the objects. */
  readonly asksForAll: boolean;
  preflight(of: Examined): Promise<readonly PreflightFinding[]>;
  /** `over`: time over which the traffic is counted, such as `5m`. */
  plan(of: Examined, over: string): Promise<PlanPage>;
  replay(of: Examined, asked: ReplayAsked, hooks: Hooks): Promise<ReplayReport>;
}
