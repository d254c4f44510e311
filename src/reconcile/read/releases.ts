import { perObject } from '../../api/memo.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release/release.ts';
import type { Store } from '../../ports/cluster.ts';
import { isFinal } from '../../release/machine.ts';
import {
  type Parsed,
  parseRelease,
  planProblem,
  rolloutOfRelease,
  type TrafficReader,
  trafficProblem,
} from '../../release/parse.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';

/** The Releases of a Rollout. */
export interface Releases {
  /** Oldest first. */
  readonly readable: readonly Release[];
  /** The problem of an unreadable Release. */
  readonly unreadable: Problem | null;
}

function age(release: Release): number {
  return Date.parse(release.metadata.creationTimestamp ?? '') || 0;
}

/**
 * The API server has whole seconds. Within a second, what ended first began first: the next begins when the last has
 * ended.
 */
function byAge(a: Release, b: Release): number {
  const [end, other] = [a.status?.finishedAt ?? '~', b.status?.finishedAt ?? '~'];
  return (
    age(a) - age(b) || (end < other ? -1 : end > other ? 1 : a.metadata.name.localeCompare(b.metadata.name))
  );
}

/** Dependencies of reading Releases. */
export interface ReleasesDeps {
  readonly store: Pick<Store, 'list'>;
  readonly routers: TrafficReader;
}

type Read = (object: KubeObject) => Parsed<Release>;

function readerOf(routers: TrafficReader): Read {
  return perObject((object) => {
    const parsed = parseRelease(object);
    if ('problem' in parsed) return parsed;
    const { value } = parsed;
    const problem = trafficProblem('Release', value.spec.policy, routers) ?? planProblem(value, routers);
    return problem === null ? parsed : { problem };
  });
}

/** By the routers of a process: a pass reads its Releases several times, and each version is checked once. */
const readers = new WeakMap<TrafficReader, Read>();

function read(object: KubeObject, routers: TrafficReader): Parsed<Release> {
  const reader = readers.get(routers) ?? readerOf(routers);
  readers.set(routers, reader);
  return reader(object);
}

/** All Releases of a Rollout. */
export function releasesOf({ store, routers }: ReleasesDeps, namespace: string, rollout: string): Releases {
  const readable: Release[] = [];
  let unreadable: Problem | null = null;
  for (const object of store.list('Release', namespace)) {
    if (rolloutOfRelease(object) !== rollout) continue;
    const parsed = read(object, routers);
    if ('value' in parsed) readable.push(parsed.value);
    else {
      const { reason, message } = parsed.problem;
      unreadable ??= { reason, message: `Release ${object.metadata.name}: ${message}` };
    }
  }
  return {
    readable: readable.toSorted(byAge),
    unreadable,
  };
}

/** Whether a Release has ended. */
export function hasEnded(release: Release): boolean {
  return isFinal(release.status?.phase ?? 'Pending');
}
