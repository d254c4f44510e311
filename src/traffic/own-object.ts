import { labelValue } from '../api/derived-names.ts';
import { perObject } from '../api/memo.ts';
import type { KubeObject } from '../api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../api/values/json-patch.ts';
import type { RouteHolder, RouteOwner } from './context.ts';
import type { RouteWrite } from './goal.ts';
import type { Problem } from './reasons.ts';

/** Label with the Rollout of an object of ours. */
const ROLLOUT = 'sluice.dev/rollout';
const RELEASE = 'sluice.dev/release';
const MANAGED_BY = 'app.kubernetes.io/managed-by';
/** Annotation with the time since which nothing needs it, while no release is running. */
const UNUSED_SINCE = 'sluice.dev/unused-since';
/** Annotation with what the user wrote last in the routes, so that it can be restored. */
const ROUTES = 'sluice.dev/routes';
/**
 * Annotation with the uid of the Release that created it, which recognises it by that before it has recorded its uid.
 */
const RELEASE_UID = 'sluice.dev/release-uid';

type Texts = Readonly<Record<string, string>>;

/**
 * Whose an object with a name of ours is: this Rollout's (`owner`), another Rollout's, or the user's own. The next
 * Release of a Rollout adopts it. If somebody edits its labels, it still belongs to the Release that created it, which
 * recognises its uid (`own`).
 */
export function keeperOf(
  { metadata: { labels = {}, annotations = {}, uid = '' } }: KubeObject,
  owner: RouteHolder,
  own: readonly string[],
): 'owner' | 'another' | 'user' {
  const made = owner.metadata?.uid !== undefined && annotations[RELEASE_UID] === owner.metadata.uid;
  if (made || own.includes(uid)) return 'owner';
  if (labels[MANAGED_BY] !== 'sluice') return 'user';
  return labels[ROLLOUT] === labelValue(owner.spec.rollout) ? 'owner' : 'another';
}

/** Whether the Release with that uid created the object. */
export function isMadeBy({ metadata }: KubeObject, uid: string | undefined): boolean {
  return uid !== undefined && metadata.annotations?.[RELEASE_UID] === uid;
}

/** Why a backend, as a message names it, cannot be split: an object of ours about it belongs to another Rollout. */
export function trafficOwned(
  backend: string,
  { kind, metadata: { name, labels = {} } }: KubeObject,
): Problem {
  return {
    reason: 'TrafficOwned',
    message: `the traffic of ${backend} is being shifted by Release ${labels[RELEASE] ?? '?'} of Rollout ${labels[ROLLOUT] ?? '?'}: this one waits until that has ended. If there is no such Release any more, put its routes back and delete ${kind} ${name}`,
  };
}

/** Labels of an object that a Release creates. */
export function ownLabels(owner: RouteOwner): Record<string, string> {
  return {
    [MANAGED_BY]: 'sluice',
    [ROLLOUT]: labelValue(owner.spec.rollout),
    [RELEASE]: labelValue(owner.metadata.name),
  };
}

/** Annotations of an object that a Release creates, with what the user wrote in the routes. */
export function ownNotes(owner: RouteOwner, routes: readonly object[]): Record<string, string> {
  const made = owner.metadata.uid === undefined ? {} : { [RELEASE_UID]: owner.metadata.uid };
  return { ...made, [ROUTES]: JSON.stringify(routes) };
}

/** Reads the routes recorded in an object of ours; null if none can be read. Parsed once per version. */
export function routesRecorded<T>(
  isOne: (value: unknown) => value is T,
): (object: KubeObject) => readonly T[] | null {
  return perObject(({ metadata }): readonly T[] | null => {
    try {
      const found: unknown = JSON.parse(metadata.annotations?.[ROUTES] ?? 'null');
      return Array.isArray(found) && found.every(isOne) ? found : null;
    } catch {
      return null;
    }
  });
}

/** Whether the object has these labels, among others. */
export function hasLabels({ metadata }: KubeObject, labels: Texts): boolean {
  return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
}

/** The guarded operations that give an object of ours these labels and annotations, and mark it as used. */
export function notedPatch(object: KubeObject, labels: Texts, notes: Texts): readonly PatchOperation[] {
  const now = object.metadata;
  const { [UNUSED_SINCE]: _unused, ...annotations } = now.annotations ?? {};
  return [
    ifUnchanged(object),
    { op: 'add', path: '/metadata/labels', value: { ...now.labels, ...labels } },
    { op: 'add', path: '/metadata/annotations', value: { ...annotations, ...notes } },
  ];
}

/** Since when an object of ours is marked as unused, epoch milliseconds; null if it is not. */
export function unusedSince({ metadata }: KubeObject): number | null {
  const at = Date.parse(metadata.annotations?.[UNUSED_SINCE] ?? '');
  return Number.isNaN(at) ? null : at;
}

/** The write that marks an object of ours as unused since a time, or as used (null). */
export function noteUnused(object: KubeObject, since: number | null): RouteWrite {
  const { [UNUSED_SINCE]: _old, ...rest } = object.metadata.annotations ?? {};
  const value = since === null ? rest : { ...rest, [UNUSED_SINCE]: new Date(since).toISOString() };
  const write = { op: 'add', path: '/metadata/annotations', value };
  return { op: 'patch', target: object, patch: [ifUnchanged(object), write] };
}
