import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pod } from './pod.ts';
import { type Mode, type PodWorker, startPod } from './pod-worker.ts';
import { testPod } from './test-pod.ts';

const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A pod that is played without processes, on a clock of the test's own. */
function play(mode: Mode, first: Pod = testPod()) {
  let pod = first;
  let terminated = 0;
  const worker: PodWorker = startPod(pod, {
    mode,
    self: { podIp: '10.244.0.2', hostIp: '10.244.0.1' },
    lookup: () => Promise.resolve(null),
    logDir: '/nonexistent',
    compileCache: '/nonexistent',
    maxBackOffMs: 10_000,
    clock: CLOCK,
    onChange: () => undefined,
    onTerminated: () => {
      terminated++;
    },
    warn: () => undefined,
  });
  const status = () => {
    const found = worker.statusOf(pod);
    const [container] = found?.containerStatuses ?? [];
    return {
      phase: found?.phase,
      ready: found?.conditions?.find(({ type }) => type === 'Ready')?.status,
      restarts: container?.restartCount,
      state: container?.state.waiting?.reason ?? Object.keys(container?.state ?? {})[0],
    };
  };
  const change = async (metadata: Partial<Pod['metadata']>, waitMs = 0) => {
    pod = { ...pod, metadata: { ...pod.metadata, ...metadata } };
    worker.update(pod);
    await vi.advanceTimersByTimeAsync(waitMs);
  };
  const annotate = (annotations: Record<string, string>, waitMs = 0) => change({ annotations }, waitMs);
  return {
    worker,
    status,
    change,
    annotate,
    terminated: () => terminated,
    wait: vi.advanceTimersByTimeAsync,
  };
}

const READY = { phase: 'Running', ready: 'True', restarts: 0, state: 'running' };

describe('instant', () => {
  it('is ready at once', async () => {
    const { status, wait } = play('instant');
    expect(status().phase).toBe('Pending');
    await wait(0);
    expect(status()).toEqual(READY);
  });

  it('is ready after the time asked for, and again after a restart', async () => {
    const annotations = { 'sluice.dev/ready-after': '2s' };
    const { status, wait, annotate } = play('instant', testPod({ metadata: { annotations } }));
    await wait(1_999);
    expect(status().ready).toBe('False');
    await wait(1);
    expect(status()).toEqual(READY);
    await annotate({ ...annotations, 'sluice.dev/crash': 'true' }, 10);
    await annotate(annotations, 1_500);
    expect(status()).toMatchObject({ ready: 'False', state: 'running' });
    await wait(2_000);
    expect(status().ready).toBe('True');
  });

  it('crashes as long as the annotation says so, with back-off', async () => {
    const { status, annotate, wait } = play('instant');
    await wait(0);
    await annotate({ 'sluice.dev/crash': 'true' }, 500);
    expect(status()).toEqual({ phase: 'Running', ready: 'False', restarts: 1, state: 'CrashLoopBackOff' });
    await wait(1_000);
    expect(status()).toMatchObject({ restarts: 2, state: 'CrashLoopBackOff' });
    await annotate({}, 2_000);
    expect(status()).toEqual({ ...READY, restarts: 3 });
  });

  it('is not ready while told so, without a restart', async () => {
    const { status, annotate, wait } = play('instant');
    await wait(0);
    await annotate({ 'sluice.dev/ready': 'false' });
    expect(status()).toEqual({ ...READY, ready: 'False' });
    await annotate({});
    expect(status()).toEqual(READY);
  });

  it('is Failed when evicted, and stays so', async () => {
    const { status, annotate, wait } = play('instant');
    await wait(0);
    await annotate({ 'sluice.dev/evict': 'disk pressure' }, 60_000);
    expect(status()).toMatchObject({ phase: 'Failed', ready: 'False', state: 'terminated' });
  });

  it('says in its status which annotation is wrong, and starts when it is corrected', async () => {
    const { status, annotate, wait } = play(
      'instant',
      testPod({ metadata: { annotations: { 'sluice.dev/ready-after': 'x' } } }),
    );
    await wait(0);
    expect(status().state).toBe('CreateContainerConfigError');
    await annotate({}, 2_000);
    expect(status()).toEqual(READY);
  });

  it('continues as it was after the agent is restarted', async () => {
    const before = play('instant');
    await before.wait(0);
    const pod = testPod();
    const old = before.worker.statusOf(pod);
    if (old === null) throw new Error('no status');
    const after = play('instant', { ...pod, status: old });
    await after.wait(0);
    expect(after.worker.statusOf({ ...pod, status: old })).toEqual(old);
  });
});

describe('lazy', () => {
  it('is ready only when told so', async () => {
    const { status, annotate, wait } = play('lazy');
    await wait(60_000);
    expect(status()).toEqual({ ...READY, ready: 'False' });
    await annotate({ 'sluice.dev/ready': 'true' });
    expect(status()).toEqual(READY);
  });
});

describe('termination', () => {
  const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 };

  it('ends without a process at once, and then has no status to write', async () => {
    const { worker, change, terminated, wait } = play('instant');
    await wait(0);
    await change(deletion);
    await worker.done;
    expect(terminated()).toBe(1);
    expect(worker.statusOf(testPod({ metadata: deletion }))).toBeNull();
  });

  it('tells how it ended where a finalizer keeps the object', async () => {
    const kept = testPod({ metadata: { ...deletion, finalizers: ['example.com/keep'] } });
    const { worker, change, wait } = play('instant', kept);
    await wait(0);
    await change({});
    await worker.done;
    expect(worker.statusOf(kept)?.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(0);
  });

  it.each([
    ['preStop', { sleep: { seconds: 5 } }, 30, 5_000],
    ['a preStop command that sleeps', { exec: { command: ['sh', '-c', 'sleep 4'] } }, 30, 4_000],
    ['a preStop longer than the grace period', { sleep: { seconds: 60 } }, 3, 3_000],
  ])('waits for %s', async (_name, preStop, seconds, expectedMs) => {
    const { change, status, terminated, wait } = play(
      'instant',
      testPod({ container: { lifecycle: { preStop } } }),
    );
    await wait(0);
    await change({ ...deletion, deletionGracePeriodSeconds: seconds }, expectedMs - 1);
    expect([status().ready, terminated()]).toEqual(['False', 0]);
    await wait(1);
    expect(terminated()).toBe(1);
  });

  it('ends sooner when a second deletion shortens the grace period', async () => {
    const lifecycle = { preStop: { sleep: { seconds: 20 } } };
    const { change, terminated, wait } = play('instant', testPod({ container: { lifecycle } }));
    await wait(0);
    await change(deletion, 1_000);
    await change({ ...deletion, deletionGracePeriodSeconds: 1 }, 1_000);
    expect(terminated()).toBe(1);
  });
});
