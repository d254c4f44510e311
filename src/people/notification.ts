import type { Message } from '../api/message.ts';
import type { Link } from '../api/notification.ts';
import type { MetricState, Release } from '../api/release.ts';
import type { Store } from '../ports/cluster.ts';
import type { GateRef } from '../ports/decision.ts';
import type { MetricNews, Notification } from '../ports/notifier.ts';
import { approversOf, asksAt, gateDeadline } from '../release/gates/approval.ts';
import { imageChanges, templateChanges } from '../release/status/template-diff.ts';

/** How long a link works where the gate has no timeout. */
const LINK_MS = 24 * 3_600_000;
const MOST_CHANGES = 12;

/** The decision that a Release waits for, if it does. */
function subjectOf({ metadata, status }: Release): GateRef | null {
  const { name, namespace = '', uid = '' } = metadata;
  return status?.waitingFor === undefined ? null : { namespace, release: name, uid, gate: status.waitingFor };
}

/** When links for the gate that waits end. The same however often it is asked, so that a second try sends the same. */
export function linkExpiry(release: Release): number {
  const since = Date.parse(release.status?.waitingSince ?? '') || 0;
  return gateDeadline(release, since) ?? since + LINK_MS;
}

/** Values of environment variables and what is not a short scalar stay out of messages. */
function shown(path: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (/\.(env|envFrom|args|command)\b/.test(path)) return '…';
  if (typeof value === 'string') return value.slice(0, 80);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '…';
}

function changesOf(store: Store, release: Release): readonly string[] {
  const { stable, canary, workload } = release.spec;
  const namespace = release.metadata.namespace ?? '';
  const source =
    store.get('ReplicaSet', namespace, canary.replicaSet) ??
    store.get('Deployment', namespace, workload.name);
  const { template } = (source?.['spec'] ?? {}) as { template?: unknown };
  if (template === undefined) return [];
  const images = imageChanges(stable.template, template).filter((line) => !/^[0-9]+ other/.test(line));
  const fields = templateChanges(stable.template, template)
    .filter(({ path }) => !path.endsWith('.image') && !path.includes('pod-template-hash'))
    .map(({ path, before, after }) => `${path}: ${shown(path, before)} → ${shown(path, after)}`);
  return [...images, ...fields].slice(0, MOST_CHANGES).map((line) => line.slice(0, 200));
}

function countsOf({ events, bad }: MetricState['canary']): MetricNews['canary'] {
  return { events, bad };
}

function newsOf({ name, verdict, message, canary, stable, evidence }: MetricState): MetricNews {
  const course = (evidence?.early ?? []).map(({ canary: { events, bad } }) =>
    events > 0 ? bad / events : 0,
  );
  return { name, verdict, message, canary: countsOf(canary), stable: countsOf(stable), course };
}

/** The links of the policy, with what they are about filled in. */
function linksOf({ metadata, spec }: Release): readonly Link[] {
  const values: Readonly<Record<string, string>> = {
    namespace: metadata.namespace ?? '',
    workload: spec.workload.name,
    release: metadata.name,
    revision: spec.revision,
  };
  return (spec.policy.links ?? []).map(({ name, url }) => ({
    name,
    url: url.replace(/\{([a-z]+)\}/g, (whole, key: string) => {
      const value = values[key];
      return value === undefined ? whole : encodeURIComponent(value);
    }),
  }));
}

function gateOf(release: Release): Pick<Notification, 'gate' | 'approvals'> {
  const subject = subjectOf(release);
  if (subject === null) return { gate: null, approvals: [] };
  const quorum = asksAt(release, subject.gate)?.quorum ?? 1;
  return { gate: { subject, quorum, links: null }, approvals: approversOf(release, subject.gate) };
}

/** What a message of a Release says to people, with how the Release stands now. Links are put in later. */
export function notificationOf(store: Store, release: Release, message: Message): Notification {
  const { metadata, spec, status } = release;
  const { seq, ...said } = message;
  return {
    ...said,
    id: `${metadata.uid}/${seq}`,
    namespace: metadata.namespace ?? '',
    release: metadata.name,
    rollout: spec.rollout,
    workload: `${spec.workload.kind} ${spec.workload.name}`,
    revision: spec.revision,
    phase: status?.phase ?? 'Pending',
    step: status?.stepText ?? '',
    weight: status?.weight ?? 0,
    changes: changesOf(store, release),
    metrics: (status?.analysis?.metrics ?? []).map(newsOf),
    links: linksOf(release),
    ...gateOf(release),
  };
}
