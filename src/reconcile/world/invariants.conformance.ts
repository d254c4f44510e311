import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import { isFinal } from '../../release/machine.ts';
import { GATE, HOLD } from '../../release/workload.ts';
import { parseRelease } from '../parse.ts';
import { fencepostsOf } from './deployments.conformance.ts';
import { NAMESPACE } from './fixtures.conformance.ts';
import type { World } from './world.conformance.ts';

/** Time after a disturbance of pods in which lost requests are nobody's fault, in milliseconds. */
const GRACE_MS = 3_500;

const ours = ({ metadata }: KubeObject): boolean => metadata.ownerReferences?.[0]?.kind === 'Release';
const name = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

/** Watches a world from outside for what must never happen; it knows nothing of how the controller works. */
export class Witness {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #ends = new Map<string, string>();
  readonly #endedAt = new Map<string, number>();
  readonly #losingSince = new Map<string, number>();
  readonly #sizes: { at: number; least: number }[] = [];
  /** Until when pods are missing that a test has taken, or the Deployment is its owner's business. */
  excusedUntil = 0;

  constructor(world: World) {
    this.#world = world;
  }

  excuse(ms: number): void {
    this.excusedUntil = Math.max(this.excusedUntil, this.#world.now + ms);
  }

  /** To be called after each tick. */
  look(): void {
    this.#traffic();
    this.#releases();
    this.#capacity();
  }

  #fail(text: string): void {
    if (this.violations.length < 5) this.violations.push(`${text} ${this.#world.describe()}`);
  }

  #traffic(): void {
    const { flow, now } = this.#world;
    if (flow.sum !== 100) this.#fail(`weights sum to ${flow.sum}`);
    const causes = new Set<string>();
    for (const { cause, hash } of flow.lost) {
      const key = `${cause} ${hash}`;
      causes.add(key);
      const since = this.#losingSince.get(key) ?? now;
      this.#losingSince.set(key, since);
      const excused =
        now < this.excusedUntil || (hash !== null && now - since < GRACE_MS && this.#isCanary(hash));
      if (cause.startsWith('no subset') || !excused) this.#fail(`requests are lost: ${key}`);
    }
    for (const key of this.#losingSince.keys()) if (!causes.has(key)) this.#losingSince.delete(key);
  }

  #isCanary(hash: string): boolean {
    return this.#world.releases.some(({ spec }) => spec.canary.podTemplateHash === hash);
  }

  #releases(): void {
    for (const release of this.#world.releases) {
      const parsed = parseRelease(release);
      if ('problem' in parsed)
        this.#fail(`Release ${release.metadata.name} is not valid: ${parsed.problem.message}`);
      this.#note(release);
      this.#exposure(release);
    }
    const exposed = this.#world.releases.filter(
      (one) => !this.#ends.has(one.metadata.name) && this.#share(one) > 0,
    );
    if (exposed.length > 1) this.#fail('two canaries have traffic');
  }

  #share({ spec }: Release): number {
    return this.#world.flow.shares.get(spec.canary.podTemplateHash) ?? 0;
  }

  /** An end is for ever. */
  #note({ metadata: { name }, status }: Release): void {
    const phase = status?.phase ?? 'Pending';
    const ended = this.#ends.get(name);
    if (ended !== undefined && ended !== phase) this.#fail(`Release ${name} went from ${ended} to ${phase}`);
    if (ended !== undefined || !isFinal(phase)) return;
    this.#ends.set(name, phase);
    this.#endedAt.set(name, this.#world.now);
  }

  /** No traffic before it is begun, and none after an end that is no promotion. */
  #exposure(release: Release): void {
    const { name } = release.metadata;
    const share = this.#share(release);
    const endedAt = this.#endedAt.get(name);
    if (share === 0) return;
    if (release.status?.exposedAt === undefined)
      this.#fail(`the canary of ${name} has traffic before it was exposed`);
    const over =
      endedAt !== undefined && this.#ends.get(name) !== 'Promoted' && this.#world.now - endedAt > 1_000;
    if (over)
      this.#fail(`Release ${name} has ended as ${this.#ends.get(name)} and has ${share} of the traffic`);
  }

  /** Ready pods never fall below N − U, whatever N was in the last while. */
  #capacity(): void {
    const { deployment, now, pods, releases } = this.#world;
    if (deployment === null) return;
    const least = this.#world.replicas - fencepostsOf(deployment).unavailable;
    this.#sizes.push({ at: now, least });
    while ((this.#sizes[0]?.at ?? now) < now - 3 * this.#world.options.loadMs - 4_000) this.#sizes.shift();
    if (now < this.excusedUntil) return;
    const needed = Math.min(...this.#sizes.map((size) => size.least));
    const ready = pods.all.filter((pod) => pods.ready(pod, now));
    if (ready.length < needed) this.#fail(`${ready.length} pods are ready, ${needed} must be`);
    const current = releases.find(({ metadata }) => !this.#ends.has(metadata.name));
    const split = current?.status?.phase === 'Starting' || current?.status?.phase === 'Stepping';
    if (!split) return;
    const stable = ready.filter(({ hash }) => hash === current.spec.stable.podTemplateHash);
    if (stable.length < needed) this.#fail(`${stable.length} stable pods are ready, ${needed} must be`);
  }

  /** What must hold when everything has come to rest. */
  end(): void {
    const open = this.#world.releases.filter(({ metadata }) => !this.#ends.has(metadata.name));
    const stuck = open.find(({ status }) => status?.phase !== 'Pending');
    if (stuck !== undefined) this.#fail(`Release ${stuck.metadata.name} has not ended`);
    if (open.length > 0) return;
    for (const left of this.#leftovers()) this.#fail(`left behind: ${left}`);
  }

  #leftovers(): string[] {
    const { cluster, releases, deployment } = this.#world;
    const annotations = deployment?.metadata.annotations ?? {};
    const { paused } = (deployment?.['spec'] ?? {}) as { paused?: boolean };
    const gone = cluster.all('Rollout', NAMESPACE).length === 0;
    return [
      ...cluster.all('ReplicaSet', NAMESPACE).filter(ours).map(name),
      ...cluster.all('DestinationRule').map(name),
      ...releases.filter(({ metadata }) => (metadata.finalizers ?? []).length > 0).map(name),
      ...(gone && annotations[GATE] !== undefined ? ['the gate'] : []),
      ...(paused !== true && annotations[HOLD] !== undefined ? ['the hold'] : []),
    ];
  }
}
