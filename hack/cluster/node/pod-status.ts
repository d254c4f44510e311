import type { ContainerStatus, Pod, PodCondition, PodStatus } from './pod.ts';
import { timestamp } from './pod.ts';

/** What the agent knows about a pod that it runs. */
export interface PodView {
  readonly podIp: string;
  readonly hostIp: string;
  readonly containers: readonly ContainerStatus[];
  readonly initContainers: readonly ContainerStatus[];
  /** It is being deleted: not ready, whatever its containers say. */
  readonly terminating: boolean;
  /** Why it was evicted; null when it was not. */
  readonly evicted: string | null;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const TRUE: Verdict = { status: 'True' };
const not = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });

/** The conditions that a kubelet sets. All others in the status belong to somebody else and stay as they are. */
const OURS = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

function phaseOf(pod: Pod, { containers, evicted }: PodView): string {
  if (evicted !== null) return 'Failed';
  const { restartPolicy = 'Always' } = pod.spec;
  const begun = containers.every(
    ({ state, lastState }) => state.waiting === undefined || lastState.terminated !== undefined,
  );
  if (!begun) return 'Pending';
  const ends = containers.flatMap(({ state }) => state.terminated ?? []);
  if (restartPolicy === 'Always' || ends.length < containers.length) return 'Running';
  const failed = ends.some(({ exitCode }) => exitCode !== 0);
  if (!failed) return 'Succeeded';
  return restartPolicy === 'Never' || pod.metadata.deletionTimestamp !== undefined ? 'Failed' : 'Running';
}

function containersReady({ containers, terminating }: PodView): Verdict {
  if (terminating) return not('PodTerminating', 'the pod is being terminated');
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  return unready.length === 0
    ? TRUE
    : not('ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
}

function podReady(pod: Pod, view: PodView): Verdict {
  const verdict = containersReady(view);
  if (verdict.status !== 'True') return verdict;
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closed = gates.filter(
    (gate) => !(pod.status?.conditions ?? []).some(({ type, status }) => type === gate && status === 'True'),
  );
  return closed.length === 0
    ? TRUE
    : not('ReadinessGatesNotReady', `readiness gates not met: [${closed.join(' ')}]`);
}

function conditionsOf(pod: Pod, view: PodView, now: number): PodCondition[] {
  const ended = phaseOf(pod, view) === 'Succeeded' ? not('PodCompleted', 'all containers have ended') : null;
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: TRUE,
    Initialized: TRUE,
    Ready: ended ?? podReady(pod, view),
    ContainersReady: ended ?? containersReady(view),
    PodScheduled: TRUE,
  };
  const before = pod.status?.conditions ?? [];
  const set = OURS.map((type) => {
    const verdict = verdicts[type] ?? TRUE;
    const old = before.find((condition) => condition.type === type);
    const kept = old?.status === verdict.status ? old.lastTransitionTime : undefined;
    return {
      type,
      ...verdict,
      lastTransitionTime: kept ?? timestamp(now),
      observedGeneration: pod.metadata.generation ?? 0,
    };
  });
  return [...set, ...before.filter(({ type }) => !OURS.includes(type))];
}

/** The status that a pod should have, given what is in its status already (transition times, others' conditions). */
export function podStatusOf(pod: Pod, view: PodView, now: number): PodStatus {
  return {
    phase: phaseOf(pod, view),
    ...(view.evicted === null ? {} : { reason: 'Evicted', message: view.evicted }),
    hostIP: view.hostIp,
    hostIPs: [{ ip: view.hostIp }],
    podIP: view.podIp,
    podIPs: [{ ip: view.podIp }],
    startTime: pod.status?.startTime ?? timestamp(now),
    observedGeneration: pod.metadata.generation ?? 0,
    conditions: conditionsOf(pod, view, now),
    containerStatuses: [...view.containers],
    ...(view.initContainers.length === 0 ? {} : { initContainerStatuses: [...view.initContainers] }),
  };
}

/** Whether everything in `wanted` is in `actual`. Fields that only `actual` has are somebody else's, or defaults. */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, at) => covers((actual as unknown[])[at], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  const fields = (actual ?? {}) as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => covers(fields[key], value));
}
