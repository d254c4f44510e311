import type { MetricState, ReleaseStatus } from '../api/release.ts';
import { ago, template } from './fixtures.conformance.ts';

/** Characters by the bytes that they take: one, three, and an escape of six. */
export const LETTERS = ['x', '語', '<'];
const NUMBER = 1.234_567_890_123_4e-300;
export const full = (length: number, letter: string): string => letter.repeat(length);
export const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const arm = { events: NUMBER, bad: NUMBER, over: NUMBER, quantile: NUMBER };
const moments = { windows: 99_999_999, mean: NUMBER, squares: NUMBER };
const tally = { events: NUMBER, bad: NUMBER };
const block = { seconds: NUMBER, canary: tally, stable: tally, bound: tally };
const ratios = many(8, () => NUMBER);

/** The state of a metric as large as the schema lets it become. */
function metricState(at: number, letter: string, isDrift: boolean): MetricState {
  return {
    name: `m${at}`.padEnd(63, 'x'),
    verdict: 'inconclusive',
    message: full(1_024, letter),
    windows: 99_999_999,
    misses: 99_999_999,
    canary: arm,
    stable: arm,
    edge: NUMBER,
    stableEdge: NUMBER,
    evidence: {
      windows: 99_999_999,
      blocks: 99_999_999,
      ratio: ratios,
      margin: ratios,
      bound: ratios,
      stable: { ...moments, sampling: NUMBER },
      difference: moments,
      early: many(8, () => block),
      open: block,
    },
    measured: { since: ago(0), at: ago(0), outcomes: full(100, 'p'), row: 99_999_999 },
    check: { runs: 99_999_999, at: ago(0) },
    ...(isDrift
      ? {
          drift: {
            blocks: 99_999_999,
            seconds: NUMBER,
            classes: many(16, () => ({
              name: full(256, letter),
              canary: NUMBER,
              stable: NUMBER,
              openCanary: NUMBER,
              openStable: NUMBER,
              more: ratios,
              less: ratios,
              difference: moments,
            })),
          },
        }
      : {}),
    history: many(20, () => ({
      at: ago(0),
      step: 20,
      verdict: 'inconclusive' as const,
      message: full(320, letter),
      canary: arm,
      stable: arm,
    })),
  };
}

/** A status as large as the schema lets it become, in a phase; `settled` messages have been delivered. */
export function maximalStatus(
  phase: ReleaseStatus['phase'],
  letter: string,
  metrics: readonly boolean[],
  settled: number,
): ReleaseStatus {
  const taken = { who: full(253, 'w'), via: 'kubernetes', reason: full(1_024, letter), at: ago(0) };
  const condition = {
    status: 'False' as const,
    reason: full(64, 'R'),
    message: full(2_048, letter),
    lastTransitionTime: ago(0),
  };
  return {
    machineVersion: 1,
    phase,
    stage: full(32, 's'),
    reason: full(64, 'R'),
    message: full(2_048, letter),
    step: 20,
    weight: 100,
    replicas: 99_999_999,
    deadline: ago(0),
    waitingFor: full(64, 'g'),
    approvals: many(24, () => ({ gate: 'promotion', ...taken })) as never,
    skips: many(21, (step) => ({ step, ...taken })),
    promote: taken,
    service: full(253, 's'),
    routes: many(64, (index) => ({
      index,
      name: full(253, 'n'),
      destinations: [{ destination: { host: full(253, 'h') } }],
    })),
    analysis: {
      windows: 99_999_999,
      metrics: metrics.map((isDrift, at) => metricState(at, letter, isDrift)),
    },
    trail: many(40, () => ({ phase: full(64, 'p'), at: ago(0), reason: full(64, 'R') })),
    messages: many(40, (at) => ({
      seq: at + 1,
      at: ago(0),
      severity: 'critical' as const,
      reason: full(64, 'R'),
      text: full(1_024, letter),
    })),
    deliveries: many(16, (at) => ({
      to: `${at}`.padEnd(80, 'x'),
      seq: settled,
      delivered: 40,
      failed: 40,
      attempts: 40,
      retryAt: ago(0),
      error: full(512, letter),
      ref: full(256, 'r'),
    })),
    notified: settled,
    conditions: many(16, (at) => ({ ...condition, type: `C${at}`.padEnd(64, 'x') })),
  };
}

/** A pod template of about so many bytes, in fields of a length. */
export function templateOf(bytes: number, length: number) {
  const env = many(Math.ceil(bytes / (length + 30)), (at) => ({ name: `V${at}`, value: full(length, 'v') }));
  return { ...template('v1'), spec: { containers: [{ image: 'v1', env }] } };
}
