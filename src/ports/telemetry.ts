import type { Via } from '../api/rollout/approval.ts';
import type { CurrentSpan, Span } from '../release/trace/spans.ts';
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

/** Sends the traces of releases; does nothing unless traces are sent somewhere. */
export interface Tracing {
  /** Whether they are. */
  readonly isOn: boolean;
  /** Sends spans in the background; never throws. They are made only where they are sent. */
  emit(spans: () => readonly Span[]): void;
  /** Runs work whose requests belong to a span, if there is one. */
  within<T>(span: () => CurrentSpan | null, work: () => T): T;
  /** A request that has just ended, as a part of the span within which it was made, if any. */
  requested(name: string, seconds: number, attributes: Span['attributes'], failed?: string): void;
  /** Sends what is left, for some seconds at most. */
  stop(): Promise<void>;
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
