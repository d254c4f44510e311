import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ago, NOW, release, replicaSet, seen, statusOf } from '../../test/fixtures/release.ts';
import type { CheckResult } from '../analysis/verdict/check.ts';
import { Metric } from '../api/analysis/analysis-template.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import type { ReleaseStatus } from '../api/release/release.ts';
import type { Observation } from '../release/observed.ts';
import { type CheckKind, type CheckTask, createChecks } from './checks.ts';

const METRICS = [
  Metric.parse({ name: 'answers', golden: { cases: [{ name: 'a', request: { path: '/' } }] } }),
  Metric.parse({
    name: 'errors',
    max: '1%',
    errors: { requests: 'r', failures: 'f' },
  }),
];
const PASSED: CheckResult = { kind: 'verdict', verdict: 'pass', message: 'well' };

/** A kind whose runs end on command. */
function manual() {
  const tasks: CheckTask[] = [];
  const ends: { resolve: (result: CheckResult) => void; reject: (why: Error) => void }[] = [];
  const kind: CheckKind = {
    preflight: async () => null,
    run: (task) => {
      tasks.push(task);
      const { promise, resolve, reject } = Promise.withResolvers<CheckResult>();
      ends.push({ resolve, reject });
      return promise;
    },
  };
  return { kind, tasks, ends };
}

/** A release whose canary pods are all ready, before any traffic. */
function loading(check?: Partial<MetricState>): { seen: Observation; status: ReleaseStatus } {
  const state: MetricState = {
    name: 'answers',
    verdict: 'noData',
    message: '',
    windows: 0,
    misses: 0,
    canary: { events: 0, bad: 0 },
    stable: { events: 0, bad: 0 },
    ...check,
  };
  const status = statusOf({
    phase: 'Starting',
    stage: 'Loading',
    replicas: 1,
    ...(check && { analysis: { windows: 0, metrics: [state] } }),
  });
  const canary = replicaSet({ replicas: 1, ready: 1, available: 1 });
  return { seen: seen({ release: release(status, { metrics: METRICS }), canary }), status };
}

function checksOf(kind: CheckKind, clock: { now: number } = { now: NOW }) {
  return createChecks({ golden: kind, shadow: kind, webhook: kind, job: kind }, () => clock.now);
}

describe('checks', () => {
  it('are begun once, tell how far they are, and then what they came to', async () => {
    const { kind, tasks, ends } = manual();
    const checks = checksOf(kind);
    const { seen: one, status } = loading();
    expect(checks.look(one, status)).toEqual({
      checks: [{ metric: 'answers', run: 0, state: { note: 'it is being measured' } }],
      lookAt: NOW + 300,
    });
    tasks[0]?.note('1 of 2 answers are there');
    expect(checks.look(one, status).checks?.[0]?.state).toEqual({ note: '1 of 2 answers are there' });
    expect(tasks).toHaveLength(1);
    ends[0]?.resolve(PASSED);
    await soon();
    const end = { checks: [{ metric: 'answers', run: 0, state: { at: NOW, result: PASSED } }] };
    expect(checks.look(one, status)).toEqual(end);
    // The status may be written late, or not at all.
    expect(checks.look(one, status)).toEqual(end);
    expect(tasks).toHaveLength(1);
  });

  it('that run for long are checked less often', () => {
    const clock = { now: NOW };
    const checks = checksOf(manual().kind, clock);
    const { seen: one, status } = loading();
    checks.look(one, status);
    clock.now = NOW + 20_000;
    expect(checks.look(one, status).lookAt).toBe(clock.now + 2_000);
    clock.now = NOW + 3_600_000;
    expect(checks.look(one, status).lookAt).toBe(clock.now + 5_000);
  });

  it('are run once more, later, where they could not be measured', async () => {
    const { kind, tasks, ends } = manual();
    const clock = { now: NOW };
    const checks = checksOf(kind, clock);
    const first = loading();
    checks.look(first.seen, first.status);
    ends[0]?.reject(new Error('the API server is away'));
    await soon();
    expect(checks.look(first.seen, first.status).checks?.[0]?.state).toMatchObject({
      result: { kind: 'providerError', message: 'the API server is away' },
    });
    const again = loading({ misses: 1, check: { runs: 1, at: ago(0) } });
    expect(checks.look(again.seen, again.status)).toEqual({});
    expect(tasks).toHaveLength(1);
    clock.now = NOW + 2_000;
    expect(checks.look(again.seen, again.status).checks).toMatchObject([{ run: 1 }]);
    expect(tasks).toHaveLength(2);
  });

  it('are ended where nobody wants them any more', () => {
    const { kind, tasks } = manual();
    const checks = checksOf(kind);
    const { seen: one, status } = loading();
    checks.look(one, status);
    expect(checks.look(one, { ...status, phase: 'Aborting', stage: 'Draining' })).toEqual({});
    expect(tasks[0]?.signal.aborted).toBe(true);
  });

  it('wait for all canary pods', () => {
    const { kind, tasks } = manual();
    const { seen: one, status } = loading();
    expect(checksOf(kind).look(one, { ...status, replicas: 2 })).toEqual({});
    expect(tasks).toEqual([]);
  });

  it('say before anything is changed why they cannot run', async () => {
    const problem = { reason: 'InvalidCheck', message: 'no cases' } as const;
    const { kind } = manual();
    const { release: one } = loading().seen;
    expect(await checksOf(kind).preflight(one)).toBeNull();
    expect(await checksOf({ ...kind, preflight: async () => problem }).preflight(one)).toEqual(problem);
    const failing = { ...kind, preflight: () => Promise.reject(new Error('down')) };
    expect(await checksOf(failing).preflight(one)).toEqual({
      reason: 'MetricsUnreachable',
      message: 'metric answers: down',
    });
  });
});
