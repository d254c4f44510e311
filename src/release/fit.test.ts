import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricState, ReleaseStatus } from '../api/release.ts';
import { bytesOf, fieldsBytesOf } from './bytes.ts';
import { fitStatus, leanest } from './fit.ts';
import { ago, release, template } from './fixtures.conformance.ts';
import { MOST_BYTES, sizeProblem } from './too-large.ts';

/** Characters by the bytes that they take: one, three, and an escape of six. */
const LETTERS = ['x', '語', '<'];
const NUMBER = -1.234_567_890_123_4e-300;
const full = (length: number, letter: string): string => letter.repeat(length);
const many = <T>(count: number, make: (at: number) => T): T[] =>
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
function maximalStatus(
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
    conditions: many(16, (at) => ({ ...condition, type: `C${at}`.padEnd(64, 'x') })),
  };
}

/** A pod template of about so many bytes, in fields of a length. */
function templateOf(bytes: number, length: number) {
  const env = many(Math.ceil(bytes / (length + 30)), (at) => ({ name: `V${at}`, value: full(length, 'v') }));
  return { ...template('v1'), spec: { containers: [{ image: 'v1', env }] } };
}

const deeds = (letter: string) => ({
  approvals: many(24, (at) => ({
    gate: 'promotion',
    reason: full(1_024, letter),
    by: `${at}`.padEnd(253, 'b'),
    onBehalfOf: full(253, 'o'),
    via: 'slack',
    ticket: full(64, 't'),
  })),
  skips: many(20, (step) => ({ step, reason: full(1_024, letter), by: full(253, 'b') })),
  promote: { reason: full(1_024, letter), by: full(253, 'b') },
  abort: {
    reason: full(1_024, letter),
    by: full(253, 'b'),
    onBehalfOf: full(253, 'o'),
    ticket: full(64, 't'),
  },
});

const metricOf = (isDrift: boolean, at: number) => ({
  name: `m${at}`,
  ...(isDrift
    ? { drift: { requests: 'sum by (class) (x)', label: 'class', maxIncrease: '5pp' } }
    : { errors: { requests: 'r', failures: 'f' } }),
  onNoData: 'wait',
  dryRun: false,
});

const cases = record({
  letter: constantFrom(...LETTERS),
  metrics: array(constantFrom(true, false), { minLength: 1, maxLength: 64 }),
  bytes: integer({ min: 0, max: 900_000 }),
  length: constantFrom(1, 200, 100_000),
  phase: constantFrom<ReleaseStatus['phase']>('Pending', 'Stepping', 'Promoting', 'Aborting', 'Aborted'),
  settled: integer({ min: 0, max: 40 }),
});

describe('a Release', () => {
  it('is made only where every status that it can come to can be stored, whatever people add to it', () => {
    let made = 0;
    assert(
      property(cases, ({ letter, metrics, bytes, length, phase, settled }) => {
        const large = templateOf(bytes, length);
        const fresh = release(undefined, {
          stable: { podTemplateHash: 'h1', replicaSet: 'model-h1', template: large },
          metrics: metrics.map(metricOf),
        });
        if (sizeProblem(fresh, large) !== null) return true;
        made += 1;
        const late = { ...fresh, spec: { ...fresh.spec, ...deeds(letter) } } as typeof fresh;
        const status = { ...maximalStatus(phase, letter, metrics, settled), next: large };
        const fitting = fitStatus(late, status);
        const stored = { ...late, status: fitting };
        return bytesOf(stored) + fieldsBytesOf(stored) <= MOST_BYTES;
      }),
      { numRuns: 60 },
    );
    expect(made).toBeGreaterThan(10);
  });

  it('is refused with what takes the room and what to do', () => {
    const large = templateOf(900_000, 1_000);
    const stable = { podTemplateHash: 'h1', replicaSet: 'model-h1', template: large };
    expect(sizeProblem(release(undefined, { stable }), large)).toEqual({
      reason: 'ReleaseTooLarge',
      message: expect.stringMatching(
        /^a Release needs \d+ KiB and there is room for 948 KiB: \d+ KiB for pod templates, 9 KiB for 1 metrics; move files/,
      ),
    });
  });
});

const kept = ({ analysis }: ReleaseStatus) => analysis?.metrics.map(({ evidence }) => evidence !== undefined);

describe('fitStatus', () => {
  const status = maximalStatus('Aborting', 'x', [false, true], 38);

  it('leaves a status alone that fits', () => {
    expect(fitStatus(release(), status)).toBe(status);
  });

  it('leaves out what people miss least first, and nothing that decides', () => {
    const stable = { podTemplateHash: 'h1', replicaSet: 'model-h1', template: templateOf(1_350_000, 10_000) };
    const fitting = fitStatus(release(undefined, { stable }), status);
    expect(fitting.analysis?.metrics.map(({ history }) => history)).toEqual([undefined, undefined]);
    expect(fitting.messages?.map(({ seq }) => seq)).toEqual([39, 40]);
    for (const key of [
      'phase',
      'stage',
      'reason',
      'weight',
      'routes',
      'deadline',
      'step',
      'service',
    ] as const)
      expect(fitting[key]).toEqual(status[key]);
  });

  it('keeps the tests of the analysis for as long as they decide', () => {
    expect(kept(leanest({ ...status, phase: 'Stepping' }))).toEqual([true, true]);
    expect(kept(leanest(status))).toEqual([false, false]);
  });
});
