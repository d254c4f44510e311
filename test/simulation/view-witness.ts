import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Release } from '../../src/api/release/release.ts';
import type { Rollout } from '../../src/api/rollout/rollout.ts';
import type { ReleaseView } from '../../src/view/release-view.ts';
import { viewOf } from '../../src/view/view-of.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import type { World } from './world.ts';

/** Longest text of our own; sentences of the controller and of others have their own bounds. */
const MOST_TEXT = 400;

/** What every view must be, whatever it is made from. */
const RULES: Readonly<Record<string, (view: ReleaseView) => boolean>> = {
  'is plain data': (view) => isDeepStrictEqual(JSON.parse(JSON.stringify(view)), view),
  'has weights that add up to 100': ({ traffic: { stable, canary } }) =>
    stable + canary === 100 && stable >= 0 && canary >= 0,
  'has one current step while it steps, and none at its end': ({ place, steps }) => {
    const current = steps.filter(({ state }) => state === 'current').length;
    if (place.phase === 'Stepping') return current === 1;
    return !place.isOver || current === 0;
  },
  'has its steps in order': ({ steps }) => {
    const order = steps.map(({ state }) => ['done', 'skipped'].includes(state));
    return isDeepStrictEqual(
      order,
      order.toSorted((a, b) => Number(b) - Number(a)),
    );
  },
  'says what comes next, in a sentence': ({ next }) => next.what.length > 0 && next.what.length < MOST_TEXT,
  'says what is going on': ({ place, heading }) =>
    heading.release === null || (place.label !== '' && place.text !== ''),
  'has both versions of a release': ({ heading, versions }) =>
    heading.release === null || versions.map(({ role }) => role).join() === 'stable,canary',
  'is critical where a version was rolled back': ({ place, severity }) =>
    place.phase !== 'Aborted' || severity === 'critical',
  'says how a gate is opened': ({ people, next }) =>
    people.gate === null || next.commands.some((command) => command.startsWith('sluice approve')),
  'never says undefined, null or NaN': (view) => !/undefined|\bnull\b|NaN/.test(textOf(view)),
};

function textOf({ place, traffic, versions, next }: ReleaseView): string {
  const texts = versions.flatMap(({ text, pods }) => [text, ...pods.map((pod) => pod.text)]);
  return [place.text, place.label, place.summary, traffic.text, ...texts, next.what, ...next.commands].join(
    ' ',
  );
}

/** What is wrong with a view; empty where nothing is. */
export function wrongWith(view: ReleaseView): string[] {
  return Object.entries(RULES)
    .filter(([, holds]) => !holds(view))
    .map(([rule]) => `no view that ${rule}: ${JSON.stringify(view).slice(0, 1_500)}`);
}

/** Makes a view of each Release in each status that is written, and keeps what is wrong. */
export class ViewWitness {
  /** Places of releases that were viewed. */
  readonly places = new Set<string>();
  readonly #world: World;
  #wrong: string | null = null;

  constructor(world: World) {
    this.#world = world;
    world.cluster.subscribe(({ object }) => {
      if (object.kind === 'Release' || object.kind === 'Rollout') this.#check(object);
    });
  }

  /** The first view that was wrong, if one was. */
  look(): string | null {
    return this.#wrong;
  }

  /** The view of a Release, or of the Rollout without one, as the world is now. */
  viewOf(release: Release | null): ReleaseView {
    const { cluster, pods, now, deployment } = this.#world;
    const rollout = cluster.get('Rollout', NAMESPACE, NAME) as Rollout | null;
    const hashes = release === null ? [] : [release.spec.stable, release.spec.canary];
    return viewOf({
      rollout,
      release,
      deployment,
      replicaSets: cluster.all('ReplicaSet', NAMESPACE),
      pods: hashes.flatMap(({ podTemplateHash }) => pods.raw(podTemplateHash, now)),
      now,
    });
  }

  #check(object: KubeObject): void {
    const release = object.kind === 'Release' ? (object as Release) : null;
    const { phase = 'Pending', stage } = release?.status ?? {};
    if (release !== null) this.places.add(stage === undefined ? phase : `${phase}.${stage}`);
    this.#wrong ??= wrongWith(this.viewOf(release))[0] ?? null;
  }
}
