import { listAll } from '../adapters/kubernetes/client.ts';
import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import type { Release } from '../api/release/release.ts';
import type { Rollout } from '../api/rollout/rollout.ts';
import { nearest } from '../api/values/nearest.ts';
import { oldestFirst } from '../view/select-release.ts';
import { CliError, EXIT, usage } from './cli-error.ts';
import type { Session } from './session.ts';

/** The Rollouts and Releases of a namespace; Releases oldest first. */
export interface Inventory {
  readonly namespace: string;
  readonly rollouts: readonly Rollout[];
  readonly releases: readonly Release[];
}

const KINDS: Readonly<Record<string, 'release' | 'rollout' | 'deployment'>> = {
  release: 'release',
  releases: 'release',
  rollout: 'rollout',
  rollouts: 'rollout',
  deployment: 'deployment',
  deployments: 'deployment',
  deploy: 'deployment',
};

/** A name on the command line: `KIND/NAME`, or a name alone. */
export interface Reference {
  readonly kind?: 'release' | 'rollout' | 'deployment';
  readonly name: string;
}

/** Reads `release/NAME`, `rollout/NAME`, `deployment/NAME` or `NAME`. */
export function referenceOf(text: string): Reference {
  const [first = '', second, ...more] = text.split('/');
  if (second === undefined && first !== '') return { name: first };
  const kind = KINDS[first.toLowerCase()];
  if (kind === undefined || second === undefined || second === '' || more.length > 0)
    throw usage(
      `"${text}" is no name of a release`,
      'write NAME, rollout/NAME, release/NAME or deployment/NAME',
    );
  return { kind, name: second };
}

/** Reads the Rollouts and Releases of the session's namespace, or of all. */
export async function readInventory(session: Session, everywhere = false): Promise<Inventory> {
  const namespace = everywhere ? undefined : session.namespace;
  const [rollouts, releases] = await Promise.all([
    listAll(session.client, RESOURCES.Rollout, namespace),
    listAll(session.client, RESOURCES.Release, namespace),
  ]);
  return {
    namespace: session.namespace,
    rollouts: (rollouts as Rollout[]).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
    releases: oldestFirst(releases as Release[]),
  };
}

function missing(what: string, name: string, known: readonly string[], namespace: string): CliError {
  const near = nearest(name, known).slice(0, 3);
  const next =
    near.length === 0
      ? [`namespace ${namespace} has none; look in the others: sluice get -A`]
      : [`did you mean ${near.join(', ')}? All of them: sluice get -n ${namespace}`];
  return new CliError(`there is no ${what} ${name} in namespace ${namespace}`, {
    exit: EXIT.unanswered,
    next,
  });
}

function only(scene: Inventory): Rollout {
  const [first, ...more] = scene.rollouts;
  if (first === undefined)
    throw new CliError(`there is no Rollout in namespace ${scene.namespace}`, {
      exit: EXIT.unanswered,
      next: ['choose another namespace (-n), or put a Deployment under the gate: sluice init DEPLOYMENT'],
    });
  if (more.length === 0) return first;
  const names = scene.rollouts.map(({ metadata }) => metadata.name);
  throw usage(
    `which one? Namespace ${scene.namespace} has ${names.length} Rollouts`,
    `name one of ${names.join(', ')}`,
  );
}

/** The named Rollout, or the only one of the namespace. */
export function findRollout(scene: Inventory, text: string | undefined): Rollout {
  if (text === undefined) return only(scene);
  const { kind, name } = referenceOf(text);
  const { rollouts, releases, namespace } = scene;
  const byName = rollouts.find(({ metadata }) => metadata.name === name);
  const byWorkload = rollouts.find(({ spec }) => spec.target.name === name);
  const release = releases.find(({ metadata }) => metadata.name === name);
  const byRelease = rollouts.find(({ metadata }) => metadata.name === release?.spec.rollout);
  const found = {
    rollout: byName,
    deployment: byWorkload,
    release: byRelease,
    any: byName ?? byWorkload ?? byRelease,
  }[kind ?? 'any'];
  if (found !== undefined) return found;
  const names = {
    rollout: rollouts.map(({ metadata }) => metadata.name),
    deployment: rollouts.map(({ spec }) => spec.target.name),
    release: releases.map(({ metadata }) => metadata.name),
    any: rollouts.flatMap(({ metadata, spec }) => [metadata.name, spec.target.name]),
  }[kind ?? 'any'];
  const what = {
    rollout: 'Rollout',
    deployment: 'Rollout for Deployment',
    release: 'Release',
    any: 'Rollout',
  };
  throw missing(what[kind ?? 'any'], name, [...new Set(names)], namespace);
}

/** The Releases of a Rollout, oldest first. */
export function releasesOf({ releases }: Inventory, rollout: Rollout): readonly Release[] {
  const { name, namespace } = rollout.metadata;
  return releases.filter((one) => one.spec.rollout === name && one.metadata.namespace === namespace);
}

/** The named Release, else the current one of the Rollout, else its newest; null without any. */
export function findRelease(
  scene: Inventory,
  text: string | undefined,
): { readonly rollout: Rollout | null; readonly release: Release | null } {
  const reference = text === undefined ? null : referenceOf(text);
  const named = scene.releases.find(({ metadata }) => metadata.name === reference?.name);
  const taken = scene.rollouts.some(
    ({ metadata, spec }) => metadata.name === reference?.name || spec.target.name === reference?.name,
  );
  if (named !== undefined && (reference?.kind === 'release' || (reference?.kind === undefined && !taken))) {
    const rollout = scene.rollouts.find(({ metadata }) => metadata.name === named.spec.rollout) ?? null;
    return { rollout, release: named };
  }
  const rollout = findRollout(scene, text);
  const ours = releasesOf(scene, rollout);
  const current = ours.find(({ status }) => status?.finishedAt === undefined);
  return { rollout, release: current ?? ours.at(-1) ?? null };
}

/** As above, but it must exist. */
export function releaseFor(scene: Inventory, text: string | undefined): Release {
  const { rollout, release } = findRelease(scene, text);
  if (release !== null) return release;
  throw new CliError(`Rollout ${rollout?.metadata.name} has had no release yet`, {
    next: ['a release begins when the pod template of its Deployment changes'],
  });
}
