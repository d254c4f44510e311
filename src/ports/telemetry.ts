import type { Via } from '../api/rollout/approval.ts';
import type { ApprovalDecision } from './decision.ts';

/** Figures about what happened. */
export interface Telemetry {
  phaseLeft(phase: string, seconds: number): void;
  ended(outcome: string, reason: string): void;
  verdict(namespace: string, rollout: string, metric: string, verdict: string): void;
  forget(namespace: string, rollout: string): void;
}

/** Percentage of the traffic that a canary should get. */
export interface CanaryWeight {
  readonly namespace: string;
  readonly rollout: string;
  readonly weight: number;
}

/** Rates of bad requests in a release by one metric, each under its name. */
export interface BadShare {
  readonly namespace: string;
  readonly rollout: string;
  readonly metric: string;
  readonly against: string;
  readonly shares: Readonly<Record<string, number>>;
}

/** A structured log; the message is constant, the figures are in the object. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Figures about messages and decisions. */
export interface PeopleTelemetry {
  message(way: string, result: 'delivered' | 'failed' | 'givenUp'): void;
  decision(via: Via, decision: ApprovalDecision['decision'], accepted: boolean): void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Number of releases of a Rollout in a row that newer templates ended. */
export interface SupersededRun {
  readonly namespace: string;
  readonly rollout: string;
  readonly count: number;
}
