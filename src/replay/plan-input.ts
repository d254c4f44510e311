import type { Metric } from '../api/analysis/analysis-template.ts';
import type { Calibration } from '../api/analysis/calibration.ts';
import type { Release } from '../api/release/release.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import type { Sized } from '../release/canary/size.ts';

/** The current traffic by one metric, over both versions. */
export interface Traffic {
  readonly metric: string;
  /** Requests a second; null if they could not be counted. */
  readonly perSecond: number | null;
  /** Rate of bad requests of stable, if known. */
  readonly badShare?: number;
}

/** The input of a plan. */
export interface PlanInput {
  readonly policy: Policy;
  readonly metrics: readonly Metric[];
  readonly traffic: readonly Traffic[];
  /** What is known of the metrics from the past. */
  readonly calibrations?: readonly Calibration[];
  /** Pods of the Deployment. */
  readonly replicas: number;
  /** How many more its rolling update may add; needed where pods divide the traffic. */
  readonly surge?: number;
  readonly shares?: Release['spec']['shares'];
  /** Its pod template, of which a budget has room for so many pods. Default: pods without requests. */
  readonly template?: Sized['template'];
  /** How long canary pods took to be ready, and promotions, in earlier releases; null without any. */
  readonly loadMs: number | null;
  readonly promotionMs: number | null;
}
