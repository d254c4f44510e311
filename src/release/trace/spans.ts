import type { Passage, Release, ReleaseStatus } from '../../api/release/release.ts';
import { isFinal } from '../machine.ts';
import { spanId, type Trace, traceOf } from './trace.ts';

/** A part of a release that is over; times are epoch milliseconds. */
export interface Span {
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** What went wrong in it, if anything. */
  readonly failed?: string;
}

const CREATED = 'Pending';
/** So many passages are kept in the status. */
const KEPT = 40;

type Place = Pick<Passage, 'phase' | 'at'>;

/** The places of a release in order, the first from its creation on. */
function placesOf({ metadata }: Release, { trail = [] }: Pick<ReleaseStatus, 'trail'>): Place[] {
  const { creationTimestamp } = metadata;
  const isWhole = trail.length < KEPT && creationTimestamp !== undefined;
  return isWhole ? [{ phase: CREATED, at: creationTimestamp }, ...trail] : trail;
}

const placeId = (trace: Trace, { phase, at }: Place): string => spanId(trace, phase, at);

/** A span that has not ended yet. */
export interface CurrentSpan {
  readonly trace: string;
  readonly id: string;
}

/** The span in which a release is at the moment: what is done now belongs to it. */
export function currentSpan(release: Release): CurrentSpan | null {
  const trace = traceOf(release);
  if (trace === null || !trace.sampled) return null;
  const place = release.status === undefined ? undefined : placesOf(release, release.status).at(-1);
  return { trace: trace.id, id: place === undefined ? trace.root : placeId(trace, place) };
}

type Change = { readonly release: Release; readonly after: ReleaseStatus; readonly now: number };

/** The places that it has left since. */
function placeSpans(trace: Trace, { release, after }: Change): Span[] {
  const left = placesOf(release, release.status ?? {}).slice(0, -1);
  const known = new Set(left.map((place) => placeId(trace, place)));
  return placesOf(release, after).flatMap((place, index, all) => {
    const next = all[index + 1];
    const id = placeId(trace, place);
    if (next === undefined || known.has(id)) return [];
    const span = { trace: trace.id, id, parent: trace.root, name: place.phase };
    return [{ ...span, from: Date.parse(place.at), to: Date.parse(next.at), attributes: {} }];
  });
}

/** The gate that no longer waits. */
function gateSpans(trace: Trace, { release, after, now }: Change): Span[] {
  const { waitingFor, waitingSince } = release.status ?? {};
  if (waitingFor === undefined || waitingSince === undefined || after.waitingFor === waitingFor) return [];
  const who = (after.approvals ?? []).filter(({ gate }) => gate === waitingFor).map((given) => given.who);
  return [
    {
      trace: trace.id,
      id: spanId(trace, 'gate', waitingFor, waitingSince),
      parent: currentSpan(release)?.id ?? trace.root,
      name: `gate ${waitingFor}`,
      from: Date.parse(waitingSince),
      to: now,
      attributes: { 'sluice.gate': waitingFor, 'sluice.approved_by': who.join(', ') },
    },
  ];
}

/** What has been judged since, if anything: the windows from one time until another. */
function judged({
  release: { status },
  after,
}: Change): { readonly from: string; readonly to: string } | null {
  const from = status?.analysis?.from ?? status?.stageStartedAt;
  const to = after.analysis?.from;
  if (from === undefined || to === undefined) return null;
  return Date.parse(to) > Date.parse(from) ? { from, to } : null;
}

/** The windows that have been judged, as one span for each look. */
function verdictSpans(trace: Trace, change: Change): Span[] {
  const windows = judged(change);
  if (windows === null) return [];
  const { from, to } = windows;
  const { release, after } = change;
  const metrics = after.analysis?.metrics ?? [];
  return [
    {
      trace: trace.id,
      id: spanId(trace, 'verdict', to),
      parent: currentSpan(release)?.id ?? trace.root,
      name: `verdict ${after.verdict ?? 'noData'}`,
      from: Date.parse(from),
      to: Date.parse(to),
      attributes: {
        'sluice.weight': after.weight ?? 0,
        ...Object.fromEntries(metrics.map(({ name, message }) => [`sluice.metric.${name}`, message])),
      },
      ...(after.verdict === 'fail' ? { failed: after.message ?? 'fail' } : {}),
    },
  ];
}

/** The whole release, once it has ended. */
function rootSpans(trace: Trace, { release, after, now }: Change): Span[] {
  if (!isFinal(after.phase) || isFinal(release.status?.phase ?? CREATED)) return [];
  const { metadata, spec } = release;
  return [
    {
      trace: trace.id,
      id: trace.root,
      ...(trace.parent === undefined ? {} : { parent: trace.parent }),
      name: `release ${spec.rollout}`,
      from: Date.parse(metadata.creationTimestamp ?? after.startedAt ?? new Date(now).toISOString()),
      to: Date.parse(after.finishedAt ?? new Date(now).toISOString()),
      attributes: {
        'k8s.namespace.name': metadata.namespace ?? '',
        'k8s.deployment.name': spec.workload.name,
        'sluice.rollout': spec.rollout,
        'sluice.release': metadata.name,
        'sluice.revision': spec.revision,
        'sluice.outcome': after.phase,
        'sluice.reason': after.reason ?? '',
      },
      ...(after.phase === 'Aborted' ? { failed: after.message ?? after.reason ?? 'Aborted' } : {}),
    },
  ];
}

/** What has ended between the stored status of a Release and the next one. Pure: the same change, the same spans. */
export function spansOf(change: Change): Span[] {
  const trace = traceOf(change.release);
  if (trace === null || !trace.sampled) return [];
  return [placeSpans, gateSpans, verdictSpans, rootSpans].flatMap((of) => of(trace, change));
}
