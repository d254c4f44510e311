import type { KubeObject } from '../../../src/api/meta.ts';
import type { Phase } from '../../../src/api/release/places.ts';
import type { TestKind } from '../api.ts';

/** One change of an object. */
export interface Change {
  /** When it was observed, epoch milliseconds. */
  readonly at: number;
  /** Its resourceVersion. All kinds share one etcd, so that these order the changes of all of them. */
  readonly version: number;
  readonly kind: TestKind;
  readonly gone: boolean;
  readonly object: KubeObject;
}

/** The objects of a namespace at one moment. */
export interface Moment {
  /** What has just changed. */
  readonly change: Change;
  list(kind: TestKind): KubeObject[];
}

/** Replays changes in order, and shows the objects after each. A moment is valid until the next. */
export function* play(changes: readonly Change[]): Generator<Moment> {
  const world = new Map<TestKind, Map<string, KubeObject>>();
  const list = (kind: TestKind): KubeObject[] => [...(world.get(kind)?.values() ?? [])];
  for (const change of changes) {
    const { kind, object, gone } = change;
    const all = world.get(kind) ?? new Map<string, KubeObject>();
    world.set(kind, all);
    if (gone) all.delete(object.metadata.name);
    else all.set(object.metadata.name, object);
    yield { change, list };
  }
}

/** A weighted destination of a route. */
export interface Destination {
  readonly subset: string | undefined;
  /** Percent. */
  readonly share: number;
  /** The weight as written; undefined if absent. */
  readonly weight: number | undefined;
}

interface RawDestination {
  readonly destination?: { readonly subset?: string };
  readonly weight?: number;
}

/** The weighted destinations of every route of a VirtualService. */
export function routesOf(virtualService: KubeObject): Destination[][] {
  const { http = [] } = virtualService['spec'] as { http?: { route?: RawDestination[] }[] };
  return http.map(({ route = [] }) => {
    const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
    return route.map(({ destination, weight }) => ({
      subset: destination?.subset,
      share: route.length === 1 ? 100 : ((weight ?? 0) / Math.max(1, total)) * 100,
      weight,
    }));
  });
}

/** Labels of every subset of the DestinationRules, by the name of the subset. */
export function subsetsOf(moment: Moment): Map<string, Record<string, string>> {
  const subsets = moment
    .list('DestinationRule')
    .flatMap(
      ({ spec }) => (spec as { subsets?: { name: string; labels: Record<string, string> }[] }).subsets ?? [],
    );
  return new Map(subsets.map(({ name, labels }) => [name, labels]));
}

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** Whether a pod serves requests: ready and not terminating. */
export function isServing({ metadata, status }: KubeObject): boolean {
  const { conditions = [], phase } = (status ?? {}) as PodStatus;
  const ready = conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready && metadata.deletionTimestamp === undefined && phase !== 'Failed';
}

/** The version of a pod: the tag of its image. */
export function versionOf({ spec }: KubeObject): string {
  const { containers } = spec as { containers: { image: string }[] };
  return containers[0]?.image.split(':').at(-1) ?? '';
}

export function hasLabels({ metadata }: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
}

/** When a Release was first in a phase, epoch milliseconds; null if it was not. */
export function firstIn(changes: readonly Change[], phase: Phase): number | null {
  const found = changes.find(
    ({ kind, object }) =>
      kind === 'Release' && (object['status'] as { phase?: Phase } | undefined)?.phase === phase,
  );
  return found?.at ?? null;
}
