import type { KubeObject } from '../../src/api/meta.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';

/** A pod of the simulated cluster. Times are epoch milliseconds. */
export interface Pod {
  readonly name: string;
  readonly owner: string;
  readonly hash: string;
  readonly image: string;
  readonly createdAt: number;
  /** Infinity while no node has room for it. */
  readyAt: number;
  /** Made NotReady by a test, since and until then. */
  brokenSince: number;
  brokenUntil: number;
  /** Terminating: it gets no new traffic, and finishes requests in flight until then. */
  stoppedAt: number | null;
  /** Number of restarts of its container. */
  restarts: number;
  /** Evicted from its node: it stays as Failed, and another takes its place. */
  evicted: boolean;
  /** Deleted through the eviction API, since its node is drained. */
  drained: boolean;
}

/** A pod as JSON has it: ready at null while no node has room for it. */
export type PastPod = Omit<Pod, 'readyAt'> & { readonly readyAt: number | null };

interface ReplicaSetSpec {
  readonly replicas: number;
  readonly minReadySeconds?: number;
  readonly template: {
    readonly metadata: { readonly labels: Record<string, string> };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
  };
}

/** How long the pods of an image take to load, in milliseconds; Infinity never. */
export type LoadTime = (image: string) => number;

/** Time from a ReplicaSet's end to that of its pods: the garbage collector is not there at once. */
const COLLECTED_AFTER_MS = 1_500;

const time = (ms: number): string => new Date(ms).toISOString();

/** The ReplicaSet controller, the scheduler and the kubelets, in one. */
export class Pods {
  readonly all: Pod[] = [];
  /** Times that the container of each new pod of an image is started again before it runs. */
  crashes: (image: string) => number = () => 0;
  /** Why containers of pods that are broken do not run; null where they run and are not ready. */
  waiting: string | null = null;
  /** Maximum number of pods on the nodes. */
  room = Number.POSITIVE_INFINITY;
  /** Maximum number of pods under the quota. */
  quota = Number.POSITIVE_INFINITY;
  quotaUntil = Number.POSITIVE_INFINITY;
  /** Pods ever created, by image: each has loaded a model. */
  readonly loads = new Map<string, number>();
  readonly #cluster: MemoryCluster;
  readonly #load: LoadTime;
  readonly #orphans = new Map<string, number>();
  readonly #waiting = new Set<Pod>();
  #serial = 0;

  constructor(cluster: MemoryCluster, load: LoadTime) {
    this.#cluster = cluster;
    this.#load = load;
  }

  /** Takes pods as they were in another cluster; those that waited for room wait again. */
  restore(pods: readonly PastPod[]): void {
    for (const pod of pods) {
      const here: Pod = { ...pod, readyAt: pod.readyAt ?? Number.POSITIVE_INFINITY };
      this.all.push(here);
      if (pod.readyAt === null) this.#waiting.add(here);
      this.#serial = Math.max(this.#serial, Number(pod.name.replace('pod-', '')));
    }
  }

  ready(pod: Pod, now: number): boolean {
    return pod.stoppedAt === null && now >= pod.readyAt && now >= pod.brokenUntil;
  }

  of(uid: string): Pod[] {
    return this.all.filter((pod) => pod.owner === uid && pod.stoppedAt === null);
  }

  /** The pods of a version as the API server has them. */
  raw(hash: string, now: number): KubeObject[] {
    return this.all
      .filter((pod) => pod.hash === hash && (pod.stoppedAt === null || pod.evicted))
      .map((pod) => {
        const ready = this.ready(pod, now);
        const lapsed = now >= pod.readyAt && now < pod.brokenUntil;
        const since = lapsed ? pod.brokenSince : pod.createdAt;
        const [running, lastState] = [
          { startedAt: time(pod.createdAt + 100) },
          { terminated: { exitCode: 1 } },
        ];
        return {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: pod.name },
          spec: { containers: [{ ports: [{ containerPort: 8080 }] }] },
          status: {
            podIP: pod.name,
            ...(pod.evicted ? { phase: 'Failed', reason: 'Evicted', message: 'low on memory' } : {}),
            conditions: [
              { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time(since) },
            ],
            containerStatuses: [
              {
                name: 'server',
                restartCount: pod.restarts,
                state: !ready && this.waiting !== null ? { waiting: { reason: this.waiting } } : { running },
                ...(pod.restarts === 0 ? {} : { lastState }),
              },
            ],
          },
        };
      });
  }

  readyOfHash(hash: string, now: number): Pod[] {
    return this.all.filter((pod) => pod.hash === hash && this.ready(pod, now));
  }

  /** Schedules waiting pods. */
  #schedule(now: number): void {
    const placed = this.all.filter((pod) => pod.stoppedAt === null && !this.#waiting.has(pod)).length;
    for (const pod of [...this.#waiting].slice(0, Math.max(0, this.room - placed))) {
      this.#waiting.delete(pod);
      pod.readyAt = now + this.#load(pod.image);
    }
  }

  tick(now: number): void {
    if (now >= this.quotaUntil) this.quota = Number.POSITIVE_INFINITY;
    const sets = this.#cluster.all('ReplicaSet');
    for (const set of sets) this.#sync(set, now);
    for (const pod of this.#waiting) if (pod.stoppedAt !== null) this.#waiting.delete(pod);
    this.#schedule(now);
    this.#collect(new Set(sets.map(({ metadata }) => metadata.uid ?? '')), now);
  }

  #collect(alive: ReadonlySet<string>, now: number): void {
    for (const pod of this.all) {
      if (alive.has(pod.owner) || pod.stoppedAt !== null) continue;
      const since = this.#orphans.get(pod.owner) ?? now;
      this.#orphans.set(pod.owner, since);
      if (now - since >= COLLECTED_AFTER_MS) pod.stoppedAt = now;
    }
  }

  #sync(set: KubeObject, now: number): void {
    const spec = set['spec'] as ReplicaSetSpec;
    const uid = set.metadata.uid ?? '';
    const mine = this.of(uid);
    if (set.metadata.deletionTimestamp === undefined) {
      for (let missing = spec.replicas - mine.length; missing > 0 && !this.#isFull(); missing--)
        this.#create(uid, spec, now);
      const doomed = mine.toSorted((a, b) => this.#rank(b, now) - this.#rank(a, now));
      for (const pod of doomed.slice(0, Math.max(0, mine.length - spec.replicas))) pod.stoppedAt = now;
    }
    this.#report(set, spec, now);
  }

  #isFull(): boolean {
    return this.all.filter((pod) => pod.stoppedAt === null).length >= this.quota;
  }

  /** The condition of a ReplicaSet while the quota refuses its pods. */
  #failure(set: KubeObject, missing: boolean, now: number): object {
    if (!missing || !this.#isFull()) return {};
    const { conditions } = (set['status'] ?? {}) as { conditions?: readonly object[] };
    const message = `pods "x" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=${this.quota}, limited: pods=${this.quota}`;
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
    return { conditions: conditions ?? [{ ...failure, lastTransitionTime: time(now) }] };
  }

  /** Higher goes first: what is not ready, then what was created last. */
  #rank(pod: Pod, now: number): number {
    return (this.ready(pod, now) ? 0 : 1e15) + pod.createdAt;
  }

  #create(owner: string, { template }: ReplicaSetSpec, now: number): void {
    const image = template.spec.containers[0]?.image ?? '';
    this.loads.set(image, (this.loads.get(image) ?? 0) + 1);
    const pod: Pod = {
      name: `pod-${(this.#serial += 1)}`,
      owner,
      hash: template.metadata.labels['pod-template-hash'] ?? '',
      image,
      createdAt: now,
      readyAt: Number.POSITIVE_INFINITY,
      brokenSince: 0,
      brokenUntil: 0,
      stoppedAt: null,
      restarts: this.crashes(image),
      evicted: false,
      drained: false,
    };
    this.all.push(pod);
    this.#waiting.add(pod);
    this.#schedule(now);
  }

  #report(set: KubeObject, { replicas, minReadySeconds = 0 }: ReplicaSetSpec, now: number): void {
    const { metadata } = set;
    const pods = this.of(metadata.uid ?? '');
    const ready = pods.filter((pod) => this.ready(pod, now));
    const since = (pod: Pod): number => now - Math.max(pod.readyAt, pod.brokenUntil);
    const status = {
      observedGeneration: metadata.generation,
      replicas: pods.length,
      readyReplicas: ready.length,
      availableReplicas: ready.filter((pod) => since(pod) >= minReadySeconds * 1_000).length,
      ...this.#failure(set, pods.length < replicas, now),
    };
    this.#cluster.update(
      'ReplicaSet',
      metadata.namespace ?? '',
      metadata.name,
      (draft) => {
        draft['status'] = status;
      },
      'status',
    );
  }
}
