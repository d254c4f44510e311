import type { KubeObject } from '../../src/api/meta.ts';
import type { Release } from '../../src/api/release/release.ts';
import { GATE, HOLD, OPT_IN } from '../../src/workload/workload.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import type { World } from './world.ts';

/** Time in which the rest of a canary may still answer after the end of its Release, in milliseconds. */
const LATE_MS = 1_000;

interface Spec {
  readonly paused?: boolean;
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

const specOf = (object: KubeObject): Spec => object['spec'] as Spec;
const imageOf = (object: KubeObject): string => specOf(object).template.spec.containers[0]?.image ?? '';

/**
 * Knows from the outside which version is stable: the last version that was promoted or released unchecked. While the
 * Deployment is held, only stable and a canary serve, and what served when the hold began as long as it keeps serving.
 */
export class StableWitness {
  readonly #world: World;
  #stable = 'v1';
  /** Versions that were ever promoted or released unchecked. */
  readonly #good = new Set(['v1']);
  #served = new Set<string>();
  readonly #endedAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    world.cluster.subscribe(({ object }) => {
      if (object.kind !== 'Deployment' || specOf(object).paused === true) return;
      this.#note(imageOf(object));
      // It may be held again before anybody looks.
      for (const image of this.#serving()) this.#served.add(image);
    });
  }

  /** Versions that serve, without canaries. */
  #serving(): string[] {
    const hashes = [...this.#world.flow.shares.keys()].filter((hash) => !this.#isCanary(hash));
    return hashes.map((hash) => this.#world.imageOf(hash));
  }

  #note(image: string): void {
    this.#stable = image;
    this.#good.add(image);
  }

  /** Call it after each tick; returns what is wrong, if anything. */
  look(ended: ReadonlySet<string>): string | null {
    const { deployment, now, releases } = this.#world;
    if (deployment === null) return null;
    if (specOf(deployment).paused !== true) this.#note(imageOf(deployment));
    for (const release of releases) this.#noteEnd(release, ended, now);
    const images = this.#serving();
    this.#served = new Set(images.filter((image) => !this.#isHeld(deployment) || this.#served.has(image)));
    const wrong = images.find((image) => image !== this.#stable && !this.#served.has(image));
    if (wrong !== undefined) return `${wrong} serves while held, and ${this.#stable} is stable`;
    const told = this.#world.imageOf(this.#world.stableHash());
    return told === '' || this.#good.has(told) ? null : `${told} is called stable and never was`;
  }

  #noteEnd({ metadata, spec, status }: Release, ended: ReadonlySet<string>, now: number): void {
    const { uid = '' } = metadata;
    if (!ended.has(uid) || this.#endedAt.has(uid)) return;
    this.#endedAt.set(uid, now);
    const image = this.#world.imageOf(spec.canary.podTemplateHash);
    if (status?.phase === 'Promoted' && image !== '') this.#note(image);
  }

  #isCanary(hash: string): boolean {
    const { now, releases } = this.#world;
    return releases.some(
      ({ metadata, spec }) =>
        spec.canary.podTemplateHash === hash &&
        now - (this.#endedAt.get(metadata.uid ?? '') ?? now) <= LATE_MS,
    );
  }

  #isHeld({ metadata, ...rest }: KubeObject): boolean {
    const { annotations = {} } = metadata;
    const rollout = this.#world.cluster.get('Rollout', NAMESPACE, NAME);
    const isGated = annotations[GATE] !== undefined && annotations[OPT_IN] !== 'off';
    const isInCharge = rollout !== null && rollout.metadata.deletionTimestamp === undefined;
    return (rest['spec'] as Spec).paused === true && annotations[HOLD] !== undefined && isGated && isInCharge;
  }
}
