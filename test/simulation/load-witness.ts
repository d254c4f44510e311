import type { Release } from '../../src/api/release/release.ts';
import type { World } from './world.ts';

/** Time in which the controller must have noticed another size of the Deployment, in milliseconds. */
const GRACE_MS = 5_000;
/** Greatest load of a canary pod, in loads of a stable one, while the Deployment has more pods than the canary. */
const MOST_TIMES = 2;

/** Whether the size of the canary is left to the controller. */
function isFree({ spec: { policy, shares } }: Release): boolean {
  const { mode, replicas, budget } = policy.canary;
  return shares === undefined && mode === 'surge' && replicas === undefined && budget === undefined;
}

/** Checks that canary pods are so many that each has at most twice the load of a stable one, whatever scales the Deployment. */
export class LoadWitness {
  readonly #world: World;
  #since: number | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** What is wrong, if it has been so for a while; `from` is when the controller could notice it at the earliest. */
  look(current: Release | undefined, from: number): string | null {
    const { now, replicas } = this.#world;
    const { phase, weight = 0, replicas: pods = 0 } = current?.status ?? {};
    const isSplit = phase === 'Stepping' && weight > 0 && weight < 100;
    const uneven =
      current !== undefined &&
      isSplit &&
      isFree(current) &&
      pods < replicas &&
      weight * replicas > MOST_TIMES * pods * (100 - weight);
    this.#since = uneven ? (this.#since ?? now) : null;
    if (this.#since === null || now - Math.max(this.#since, from) < GRACE_MS) return null;
    return `${pods} canary pods have ${weight} % beside ${replicas} stable ones`;
  }
}
