import { createHash } from 'node:crypto';
import type { KubeObject } from '../../src/api/meta.ts';
import { revisionOf } from '../../src/workload/revision.ts';
import { resolveSurge, resolveUnavailable } from '../../src/workload/surge.ts';
import { withoutHash } from '../../src/workload/workload.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';

type Json = Record<string, unknown>;

interface DeploymentSpec {
  readonly replicas: number;
  readonly paused?: boolean;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
  readonly selector: { readonly matchLabels: Record<string, string> };
  readonly template: Json;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: unknown; readonly maxUnavailable?: unknown };
  };
}

interface SetStatus {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MOST = 'deployment.kubernetes.io/max-replicas';
const NUMBER = 'deployment.kubernetes.io/revision';

const specOf = ({ spec }: KubeObject): DeploymentSpec => spec as DeploymentSpec;
const isRecreate = (deployment: KubeObject): boolean => specOf(deployment).strategy?.type === 'Recreate';
const replicasOf = (set: KubeObject): number => (set['spec'] as { replicas: number }).replicas;
const statusOf = ({ status = {} }: KubeObject): SetStatus => status as SetStatus;
const availableOf = (set: KubeObject): number => statusOf(set).availableReplicas ?? 0;
const sum = (sets: readonly KubeObject[], of: (set: KubeObject) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);
const annotation = (set: KubeObject, key: string): number | undefined => {
  const text = set.metadata.annotations?.[key];
  return text === undefined ? undefined : Number(text);
};

const age = (set: KubeObject): number => Number(set.metadata.uid?.slice(4));

/** maxSurge and maxUnavailable as the Deployment controller resolves them: never both nothing. */
export function fencepostsOf(deployment: KubeObject): { surge: number; unavailable: number } {
  const { replicas, strategy } = specOf(deployment);
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
  if (isRecreate(deployment)) return { surge: 0, unavailable: replicas };
  const surge = resolveSurge(maxSurge, replicas);
  return { surge, unavailable: resolveUnavailable(maxUnavailable, replicas, surge) };
}

/**
 * The Deployment controller, after its source in Kubernetes 1.37: `scale()` and the clean-up of old ReplicaSets while
 * paused, the rolling update, and the update of the strategy Recreate. One action for each Deployment and tick.
 */
export class Deployments {
  readonly #cluster: MemoryCluster;

  constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
  }

  tick(): void {
    for (const deployment of this.#cluster.all('Deployment')) {
      if (deployment.metadata.deletionTimestamp !== undefined) continue;
      const sets = this.#setsOf(deployment);
      const fresh = this.#newSet(deployment, sets);
      const old = sets.filter((set) => set !== fresh);
      this.#number(fresh, old);
      const isPaused = specOf(deployment).paused === true;
      if (isPaused || this.#isScaling(deployment, sets)) this.#scale(deployment, fresh, old);
      else if (isRecreate(deployment)) this.#recreate(deployment, fresh, old);
      else this.#roll(deployment, fresh, old);
      if (isPaused || this.#isComplete(deployment, fresh)) this.#cleanUp(deployment, old);
      this.#report(deployment);
    }
  }

  #setsOf({ metadata, ...rest }: KubeObject): KubeObject[] {
    const { matchLabels } = (rest['spec'] as DeploymentSpec).selector;
    return this.#cluster.all('ReplicaSet', metadata.namespace ?? '').filter((set) => {
      const owner = set.metadata.ownerReferences?.find(({ controller }) => controller === true);
      const matches = Object.entries(matchLabels).every(
        ([key, value]) => set.metadata.labels?.[key] === value,
      );
      return owner?.uid === metadata.uid && matches && set.metadata.deletionTimestamp === undefined;
    });
  }

  /** FindNewReplicaSet: the oldest one whose template is the same but for the hash. */
  #newSet(deployment: KubeObject, sets: readonly KubeObject[]): KubeObject | undefined {
    const wanted = revisionOf(specOf(deployment).template);
    return sets
      .filter((set) => revisionOf(withoutHash(specOf(set).template)) === wanted)
      .toSorted((a, b) => age(a) - age(b))[0];
  }

  /** That of the template has the greatest number, paused or not. */
  #number(fresh: KubeObject | undefined, old: readonly KubeObject[]): void {
    const number = 1 + Math.max(0, ...old.map((set) => annotation(set, NUMBER) ?? 0));
    if (fresh === undefined || (annotation(fresh, NUMBER) ?? 0) >= number) return;
    const { name, namespace = '' } = fresh.metadata;
    this.#cluster.update('ReplicaSet', namespace, name, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, [NUMBER]: String(number) };
    });
  }

  #isScaling(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
    const { replicas } = specOf(deployment);
    return sets.some((set) => replicasOf(set) > 0 && (annotation(set, DESIRED) ?? replicas) !== replicas);
  }

  #resize(deployment: KubeObject, set: KubeObject, size: number): boolean {
    const { replicas } = specOf(deployment);
    const [desired, most] = [String(replicas), String(replicas + fencepostsOf(deployment).surge)];
    const { annotations } = set.metadata;
    if (replicasOf(set) === size && annotations?.[DESIRED] === desired && annotations[MOST] === most)
      return false;
    this.#cluster.update('ReplicaSet', set.metadata.namespace ?? '', set.metadata.name, (draft) => {
      (draft['spec'] as Json)['replicas'] = size;
      draft.metadata.annotations = { ...draft.metadata.annotations, [DESIRED]: desired, [MOST]: most };
    });
    return true;
  }

  /**
   * scale(): runs while paused, and when `replicas` has changed. It checks readiness only if it takes over everything.
   */
  #scale(deployment: KubeObject, fresh: KubeObject | undefined, old: readonly KubeObject[]): void {
    const { replicas } = specOf(deployment);
    const all = fresh === undefined ? [...old] : [...old, fresh];
    const active = all.filter((set) => replicasOf(set) > 0);
    if (active.length <= 1) {
      // FindActiveOrLatest: if nothing has pods, that of the template, else the newest.
      const only = active[0] ?? fresh ?? old.toSorted((a, b) => age(b) - age(a))[0];
      if (only !== undefined && replicasOf(only) !== replicas) this.#resize(deployment, only, replicas);
      return;
    }
    const saturated =
      fresh !== undefined &&
      annotation(fresh, DESIRED) === replicas &&
      replicasOf(fresh) === replicas &&
      availableOf(fresh) === replicas;
    if (saturated) {
      for (const set of old.filter((one) => replicasOf(one) > 0)) this.#resize(deployment, set, 0);
      return;
    }
    if (!isRecreate(deployment)) this.#proportion(deployment, active);
  }

  /** cleanupDeployment(): run while paused, too. Old ReplicaSets without pods go, those beyond the limit. */
  #cleanUp(deployment: KubeObject, old: readonly KubeObject[]): void {
    const { revisionHistoryLimit = 10 } = specOf(deployment);
    const oldest = old.toSorted((a, b) => age(a) - age(b));
    for (const { metadata } of oldest.slice(0, Math.max(0, old.length - revisionHistoryLimit))) {
      const set = this.#cluster.get('ReplicaSet', metadata.namespace ?? '', metadata.name);
      if (set !== null && replicasOf(set) === 0 && statusOf(set).replicas === 0)
        this.#cluster.delete('ReplicaSet', metadata.namespace ?? '', metadata.name);
    }
  }

  #isComplete(deployment: KubeObject, fresh: KubeObject | undefined): boolean {
    const { replicas } = specOf(deployment);
    return fresh !== undefined && replicasOf(fresh) === replicas && availableOf(fresh) === replicas;
  }

  /** rolloutRecreate(): all old pods at once, and new ones when those are gone. */
  #recreate(deployment: KubeObject, fresh: KubeObject | undefined, old: readonly KubeObject[]): void {
    const active = old.filter((set) => replicasOf(set) > 0);
    for (const set of active) this.#resize(deployment, set, 0);
    if (active.length > 0 || sum(old, (set) => statusOf(set).replicas ?? 0) > 0) return;
    if (fresh === undefined) this.#create(deployment);
    else this.#resize(deployment, fresh, specOf(deployment).replicas);
  }

  #proportion(deployment: KubeObject, active: readonly KubeObject[]): void {
    const { replicas } = specOf(deployment);
    const most = replicas > 0 ? replicas + fencepostsOf(deployment).surge : 0;
    const toAdd = most - sum(active, replicasOf);
    const sorted = active.toSorted((a, b) => {
      const bySize = replicasOf(b) - replicasOf(a);
      return bySize === 0 ? (toAdd > 0 ? age(b) - age(a) : age(a) - age(b)) : bySize;
    });
    let added = 0;
    const sizes = sorted.map((set) => {
      const size = replicasOf(set);
      const before = annotation(set, MOST) ?? sum(active, (one) => statusOf(one).replicas ?? 0);
      const fraction = replicas === 0 ? -size : Math.round((size * most) / before) - size;
      const left = toAdd - added;
      const share =
        toAdd === 0 || left === 0 ? 0 : toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
      added += share;
      return size + share;
    });
    for (const [index, set] of sorted.entries()) {
      const leftover = index === 0 && toAdd !== 0 ? toAdd - added : 0;
      this.#resize(deployment, set, Math.max(0, (sizes[index] ?? 0) + leftover));
    }
  }

  #create(deployment: KubeObject): void {
    const { selector, template, minReadySeconds } = specOf(deployment);
    const { name, namespace = '', uid = '' } = deployment.metadata;
    const hash = createHash('sha1').update(revisionOf(template)).digest('hex').slice(0, 10);
    const { labels } = template['metadata'] as { labels: Record<string, string> };
    const marked = { ...labels, 'pod-template-hash': hash };
    this.#cluster.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: marked,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
        template: { ...template, metadata: { ...(template['metadata'] as Json), labels: marked } },
      },
    });
  }

  #roll(deployment: KubeObject, fresh: KubeObject | undefined, old: readonly KubeObject[]): void {
    if (fresh === undefined) {
      this.#create(deployment);
      return;
    }
    const { replicas } = specOf(deployment);
    const { surge, unavailable } = fencepostsOf(deployment);
    const all = [...old, fresh];
    const pods = sum(all, replicasOf);
    const room = Math.min(replicas + surge - pods, replicas - replicasOf(fresh));
    const size = replicasOf(fresh) > replicas ? replicas : replicasOf(fresh) + Math.max(0, room);
    if (this.#resize(deployment, fresh, size)) return;
    const least = replicas - unavailable;
    const notYet = replicasOf(fresh) - availableOf(fresh);
    let spare = pods - least - notYet;
    for (const set of old) {
      const unhealthy = Math.min(spare, replicasOf(set) - availableOf(set));
      if (unhealthy > 0 && this.#resize(deployment, set, replicasOf(set) - unhealthy)) return;
    }
    spare = sum(all, availableOf) - least;
    for (const set of old) {
      const down = Math.min(spare, replicasOf(set));
      if (down > 0 && this.#resize(deployment, set, replicasOf(set) - down)) return;
    }
  }

  #report(deployment: KubeObject): void {
    const { namespace = '', name, generation } = deployment.metadata;
    const current = this.#cluster.get('Deployment', namespace, name);
    if (current === null) return;
    const sets = this.#setsOf(current);
    const fresh = this.#newSet(current, sets);
    const total = (of: keyof SetStatus): number => sum(sets, (set) => statusOf(set)[of] ?? 0);
    const { conditions } = (current['status'] ?? {}) as { conditions?: unknown };
    this.#cluster.update(
      'Deployment',
      namespace,
      name,
      (draft) => {
        draft['status'] = {
          ...(conditions === undefined ? {} : { conditions }),
          observedGeneration: generation,
          replicas: total('replicas'),
          updatedReplicas: fresh === undefined ? 0 : (statusOf(fresh).replicas ?? 0),
          readyReplicas: total('readyReplicas'),
          availableReplicas: total('availableReplicas'),
        };
      },
      'status',
    );
  }
}
