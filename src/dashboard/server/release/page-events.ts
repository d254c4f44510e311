import type { Resource } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { EventView } from '../../api/release.ts';

/** Events by the core API, which those see who have the ClusterRole view; it has the same events as events.k8s.io. */
export const EVENTS: Resource = {
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

const MOST = 50;
const LONGEST = 1_024;

interface Event extends KubeObject {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly lastTimestamp?: string | null;
  readonly firstTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** An event without what no page shows. */
export function trimEvent(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object as Event;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { involvedObject, type, reason, message, count, series, ...times } = rest;
  const { lastTimestamp, firstTimestamp, eventTime } = times;
  const kept = {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    involvedObject: { kind: involvedObject?.kind, name: involvedObject?.name },
    type,
    reason,
    message: message?.slice(0, LONGEST),
    count: series?.count ?? count,
    lastTimestamp: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp,
  };
  return JSON.parse(JSON.stringify(kept)) as KubeObject;
}

/** The objects whose events belong to a page, by kind. */
export type Subjects = Readonly<Record<string, ReadonlySet<string>>>;

/** The events of some objects, newest first. */
export function eventsOf(events: readonly KubeObject[], subjects: Subjects): readonly EventView[] {
  const ours = (events as readonly Event[]).filter(({ involvedObject: { kind = '', name = '' } = {} }) =>
    subjects[kind]?.has(name),
  );
  return ours
    .map(({ involvedObject, type, reason, message, count, lastTimestamp, metadata }) => ({
      at: lastTimestamp ?? metadata.creationTimestamp ?? '',
      type: type ?? '',
      reason: reason ?? '',
      text: message ?? '',
      about: `${involvedObject?.kind} ${involvedObject?.name}`,
      count: count ?? 1,
    }))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST);
}
