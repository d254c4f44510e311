import type { Metric } from '../api/analysis-template.ts';
import type { Policy } from '../api/rollout.ts';

/** What one metric counts at the moment, over both versions. */
export interface Traffic {
  readonly metric: string;
  /** Requests a second; null where they could not be counted. */
  readonly perSecond: number | null;
  /** Share of bad ones of stable, where it is known. */
  readonly badShare?: number;
}

/** What a plan is made from. */
export interface PlanInput {
  readonly policy: Policy;
  readonly metrics: readonly Metric[];
  readonly traffic: readonly Traffic[];
  /** Pods of the Deployment. */
  readonly replicas: number;
  /** How long canary pods took to be ready, and promotions, in releases before; null where there was none. */
  readonly loadMs: number | null;
  readonly promotionMs: number | null;
}
