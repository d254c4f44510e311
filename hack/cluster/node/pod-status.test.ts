import { describe, expect, it } from 'vitest';
import type { ContainerState, ContainerStatus, Pod } from './pod.ts';
import { covers, type PodView, podStatusOf } from './pod-status.ts';
import { testPod } from './test-pod.ts';

const NOW = Date.parse('2026-01-01T00:00:10.900Z');
const AT = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };
const RUNNING: ContainerState = { running: { startedAt: AT.startedAt } };
const WAITING: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode, reason: 'x', ...AT } });

function container(state: ContainerState, ready = false, lastState: ContainerState = {}): ContainerStatus {
  return { name: 'model', image: 'i', imageID: 'i', ready, started: true, restartCount: 0, state, lastState };
}

function view(containers: ContainerStatus[], changes: Partial<PodView> = {}): PodView {
  const base = {
    podIp: '10.244.0.2',
    hostIp: '10.244.0.1',
    initContainers: [],
    terminating: false,
    evicted: null,
  };
  return { ...base, containers, ...changes };
}

const conditionIn = (status: Pod['status'], type: string) =>
  status?.conditions?.find((one) => one.type === type);

describe('podStatusOf: phase', () => {
  it.each([
    ['Pending', 'Always', [container(WAITING)]],
    ['Pending', 'Always', [container(RUNNING), container(WAITING)]],
    ['Running', 'Always', [container(RUNNING)]],
    ['Running', 'Always', [container(WAITING, false, ended(1))]],
    ['Running', 'Always', [container(ended(0))]],
    ['Succeeded', 'Never', [container(ended(0))]],
    ['Failed', 'Never', [container(ended(0)), container(ended(3))]],
    ['Running', 'Never', [container(ended(0)), container(RUNNING)]],
    ['Succeeded', 'OnFailure', [container(ended(0))]],
  ] as const)('is %s with restartPolicy %s', (phase, restartPolicy, containers) => {
    expect(podStatusOf(testPod({ spec: { restartPolicy } }), view([...containers]), NOW).phase).toBe(phase);
  });

  it('is Failed, reason Evicted, when evicted', () => {
    const status = podStatusOf(testPod(), view([container(ended(137))], { evicted: 'disk pressure' }), NOW);
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'disk pressure' });
  });
});

describe('podStatusOf: conditions', () => {
  it.each([
    ['True', undefined, [container(RUNNING, true)], {}],
    ['False', 'ContainersNotReady', [container(RUNNING, true), container(RUNNING, false)], {}],
    ['False', 'PodTerminating', [container(RUNNING, true)], { terminating: true }],
  ])('Ready is %s (%s)', (status, reason, containers, changes) => {
    const ready = conditionIn(podStatusOf(testPod(), view(containers, changes), NOW), 'Ready');
    expect([ready?.status, ready?.reason]).toEqual([status, reason]);
  });

  it('waits for readiness gates that somebody else sets, and leaves their conditions alone', () => {
    const pod = testPod({ spec: { readinessGates: [{ conditionType: 'lb/ready' }] } });
    const closed = podStatusOf(pod, view([container(RUNNING, true)]), NOW);
    expect(conditionIn(closed, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
    expect(conditionIn(closed, 'ContainersReady')?.status).toBe('True');
    const gate = { type: 'lb/ready', status: 'True' };
    const open = podStatusOf(
      { ...pod, status: { conditions: [gate] } },
      view([container(RUNNING, true)]),
      NOW,
    );
    expect(conditionIn(open, 'Ready')?.status).toBe('True');
    expect(open.conditions).toContainEqual(gate);
  });

  it('carries the generation, whole seconds, and the transition time of what did not change', () => {
    const pod = testPod({ metadata: { generation: 7 } });
    const before = podStatusOf(pod, view([container(RUNNING, false)]), NOW);
    const after = podStatusOf({ ...pod, status: before }, view([container(RUNNING, true)]), NOW + 60_000);
    expect(before.observedGeneration).toBe(7);
    expect(conditionIn(before, 'Ready')).toMatchObject({
      observedGeneration: 7,
      lastTransitionTime: '2026-01-01T00:00:10Z',
    });
    expect(conditionIn(after, 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:01:10Z');
    expect(conditionIn(after, 'PodScheduled')?.lastTransitionTime).toBe('2026-01-01T00:00:10Z');
    expect(after.startTime).toBe(before.startTime);
  });

  it('is stable: what was written is covered by what is wanted next', () => {
    const pod = testPod();
    const written = podStatusOf(pod, view([container(RUNNING, true)]), NOW);
    const again = podStatusOf({ ...pod, status: written }, view([container(RUNNING, true)]), NOW + 99_000);
    expect(covers(written, again)).toBe(true);
  });
});

describe('covers', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ list: [{ a: 1, more: true }] }, { list: [{ a: 1 }] }, true],
    [{ list: [1, 2] }, { list: [1] }, false],
    [undefined, { a: {} }, true],
    [{ a: { waiting: {} } }, { a: { running: { at: 1 } } }, false],
  ])('%o covers %o: %s', (actual, wanted, expected) => {
    expect(covers(actual, wanted)).toBe(expected);
  });
});
