import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Phase } from '../../../src/api/release/places.ts';
import { isFinal } from '../../../src/release/machine.ts';
import { isFailed, type LoadRecord } from '../../load/record.ts';
import {
  type Change,
  hasLabels,
  isServing,
  type Moment,
  play,
  routesOf,
  subsetsOf,
  versionOf,
} from './history.ts';
import { virtualServiceShare } from './istio-share.ts';
import { promiseProblems } from './promises.ts';
import { clock, type Trial } from './trial.ts';

/** Maximum time that a pod may be unready by itself and still have weight. */
const DETECT_MS = 5_000;
/** All requests. */
const recordsOf = ({ callers }: Pick<Trial, 'callers'>): LoadRecord[] =>
  callers.flatMap(({ records }) => records);

/** A weight raised this shortly after a pod became unready was already on its way. */
const ON_ITS_WAY_MS = 500;

function routeProblem(moment: Moment): string | null {
  const subsets = subsetsOf(moment);
  const pods = moment.list('Pod').filter(isServing);
  for (const virtualService of moment.list('VirtualService')) {
    for (const route of routesOf(virtualService)) {
      const sum = route.reduce((total, { weight = 0 }) => total + weight, 0);
      if (route.length > 1 && sum !== 100) return `the weights add up to ${sum}`;
      for (const { subset, share } of route) {
        if (subset === undefined || share === 0) continue;
        const labels = subsets.get(subset);
        if (labels === undefined) return `subset ${subset} has weight ${share} and is defined nowhere`;
        if (!pods.some((pod) => hasLabels(pod, labels)))
          return `subset ${subset} has weight ${share} and no ready pod`;
      }
    }
  }
  return null;
}

/** A pod that turns unready by itself is not our doing, but must be noticed. */
const isByItself = ({ kind, gone, object }: Change): boolean =>
  kind === 'Pod' && !gone && object.metadata.deletionTimestamp === undefined;

/** When pods turned unready by themselves, epoch milliseconds. */
function lapses(changes: readonly Change[]): number[] {
  const serving = new Set<string>();
  const found: number[] = [];
  for (const change of changes) {
    if (change.kind !== 'Pod') continue;
    const { name } = change.object.metadata;
    const serves = !change.gone && isServing(change.object);
    if (!serves && serving.has(name) && isByItself(change)) found.push(change.at);
    if (serves) serving.add(name);
    else serving.delete(name);
  }
  return found;
}

/** The sum of weights is 100, and every weighted subset has ready pods, at all times. */
function weightedSubsets({ changes, allowance }: Trial): string[] {
  const problems: string[] = [];
  const lapsed = lapses(changes);
  let open: { readonly what: string; readonly since: number; readonly graceMs: number } | null = null;
  for (const moment of play(changes)) {
    const what = routeProblem(moment);
    const { at } = moment.change;
    if (open !== null && (what === null || at - open.since > open.graceMs)) {
      const lasted = at - open.since;
      if (lasted >= open.graceMs)
        problems.push(`${clock(open.since)} ${open.what}, for ${lasted} ms or more`);
    }
    if (what === null) open = null;
    else if (open === null) {
      const raced = lapsed.some((since) => at >= since && at - since < ON_ITS_WAY_MS);
      const unnoticed = raced || isByItself(moment.change);
      const graceMs = Math.max(allowance.podsFailMs, unnoticed ? DETECT_MS : 0);
      open = { what, since: at, graceMs };
    }
  }
  return problems.slice(0, 3);
}

/** Whether a release has rejected the version. */
function hasFailed(moment: Moment): boolean {
  return moment.list('Release').some(({ status }) => {
    const { phase } = (status ?? {}) as { phase?: Phase };
    return phase === 'Aborting' || phase === 'Aborted';
  });
}

interface Exposure {
  /** When the version first had weight, and when it lost it, epoch milliseconds. */
  readonly from: number | null;
  readonly to: number | null;
  /** Weight that it had after that. */
  readonly again: readonly string[];
}

function exposureOf({ changes, version, allowance }: Trial): Exposure {
  const again: string[] = [];
  const { returns, putBackMs = 0 } = allowance;
  let [from, to, putBackAt]: [number | null, number | null, number | null] = [null, null, null];
  for (const moment of play(changes)) {
    const share = virtualServiceShare(moment, version);
    const { at } = moment.change;
    if (share > 0) from ??= at;
    else if (from !== null) to ??= at;
    if (share === 0) {
      if (putBackAt !== null && at - putBackAt > putBackMs)
        again.push(`${clock(putBackAt)} the bad version has traffic again, for ${at - putBackAt} ms`);
      putBackAt = null;
      continue;
    }
    if (to === null) continue;
    if (hasFailed(moment) && putBackMs > 0) [to, putBackAt] = [null, at];
    else if (returns && !hasFailed(moment)) to = null;
    else again.push(`${clock(at)} the bad version has ${share} % of the traffic again`);
  }
  return { from, to, again };
}

/** The weight of a bad version is 0 within the promised time, and never returns; nor do its answers. */
function containment(trial: Trial): string[] {
  if (!trial.isBad) return [];
  const { version } = trial;
  const { exposureMs, spreadMs } = trial.allowance;
  const { from, to, again } = exposureOf(trial);
  if (from === null) return [];
  if (to === null) return [`the bad version has had traffic since ${clock(from)}`];
  const problems = again.slice(0, 3);
  if (to - from > exposureMs)
    problems.push(`the bad version had traffic for ${to - from} ms, not at most ${exposureMs} ms`);
  const late = recordsOf(trial).filter(
    (record) => record.version === version && record.at + record.lateMs > to + spreadMs,
  );
  if (late.length > 0)
    problems.push(
      `${late.length} requests reached the bad version later than ${spreadMs} ms after its last weight`,
    );
  return problems;
}

const MOVES: readonly string[] = ['VirtualService', 'DestinationRule', 'Pod'];

/** The last changes of routes and pods before a moment, newest first: the likely causes of a lost request. */
function movesBefore(changes: readonly Change[], at: number): string {
  const moves = changes.filter((change) => MOVES.includes(change.kind) && change.at <= at).slice(-3);
  const told = moves
    .toReversed()
    .map(
      ({ kind, gone, object, at: then }) =>
        `${kind} ${object.metadata.name}${gone ? ' gone' : ''} ${at - then} ms`,
    );
  return told.length === 0 ? '' : `; before that: ${told.join(', ')}`;
}

/** Requests that were lost, the bad version's own errors aside. */
export function lostOf({ callers, version, isBad, allowance, pushedAt, changes }: Trial): LoadRecord[] {
  if (allowance.losses === true) return [];
  const excused = allowance.losses === 'noticing' ? lapses(changes) : [];
  // A pod is unready a little before the API server says so.
  const isExcused = (at: number): boolean =>
    excused.some((since) => at > since - 1_000 && at < since + DETECT_MS);
  return recordsOf({ callers }).filter(
    (record) =>
      record.at >= pushedAt &&
      isFailed(record) &&
      !(isBad && record.version === version) &&
      !isExcused(record.at),
  );
}

/** No request is lost. */
function lostRequests(trial: Trial): string[] {
  const lost = lostOf(trial);
  const [first] = lost;
  if (first === undefined) return [];
  const { status, error, pod } = first;
  const what = `${error ?? status} ${pod}`.trim();
  return [
    `${lost.length} requests failed, the first at ${clock(first.at)}: ${what}${movesBefore(trial.changes, first.at)}`,
  ];
}

/** Never fewer pods than the Deployment asks for, by our doing: pods that were ready and have not been taken away. */
function enoughPods({ changes, replicas, allowance, pushedAt }: Trial): string[] {
  if (allowance.fewerPods) return [];
  const loaded = new Set<string>();
  for (const moment of play(changes)) {
    const pods = moment.list('Pod');
    for (const pod of pods) if (isServing(pod)) loaded.add(pod.metadata.uid ?? '');
    const { at, kind } = moment.change;
    if (at <= pushedAt || kind !== 'Pod') continue;
    const left = pods.filter(
      ({ metadata }) => loaded.has(metadata.uid ?? '') && metadata.deletionTimestamp === undefined,
    );
    if (left.length < replicas) return [`${clock(at)} only ${left.length} of ${replicas} pods were left`];
  }
  return [];
}

/** A Release ends once, in an acceptable way; and there is one for each version. */
function oneEnd({ changes, allowance }: Trial): string[] {
  const ends = new Map<string, Phase[]>();
  for (const { kind, object } of changes) {
    if (kind !== 'Release') continue;
    const { phase } = (object['status'] ?? {}) as { phase?: Phase };
    const seen = ends.get(object.metadata.name) ?? [];
    ends.set(object.metadata.name, seen);
    if (phase !== undefined && seen.at(-1) !== phase && (isFinal(phase) || seen.length > 0)) seen.push(phase);
  }
  if (ends.size !== 1) return [`there were ${ends.size} Releases`];
  const [[name, phases]] = [...ends] as [[string, Phase[]]];
  const [end] = phases;
  if (phases.length !== 1 || end === undefined)
    return [`Release ${name} ended as ${phases.join(', then ') || 'nothing yet'}`];
  return allowance.ends.includes(end)
    ? []
    : [`Release ${name} ended ${end}, not ${allowance.ends.join(' or ')}`];
}

const kept = (object: KubeObject | undefined): object => {
  const { labels = {}, annotations = {} } = object?.metadata ?? {};
  return { labels, annotations, spec: object?.['spec'] };
};

/** What is wrong at the end: something of ours is left, or an object of the user is not as before. */
export function leftovers({
  changes,
  allowance,
  version,
  replicas,
  pushedAt,
}: Omit<Trial, 'callers' | 'weights'>): string[] {
  const problems: string[] = [];
  const before = changes.filter(({ kind, at }) => kind === 'VirtualService' && at <= pushedAt).at(-1);
  let last: Moment | null = null;
  for (const moment of play(changes)) last = moment;
  if (last === null) return ['nothing was seen'];
  const rules = last.list('DestinationRule');
  if (rules.length > 0) problems.push(`${rules.length} DestinationRules are left`);
  const canaries = last
    .list('ReplicaSet')
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => kind === 'Release') !== false);
  if (canaries.length > 0) problems.push(`${canaries.length} ReplicaSets without a Deployment are left`);
  if (!isDeepStrictEqual(kept(last.list('VirtualService')[0]), kept(before?.object)))
    problems.push('the VirtualService is not as it was');
  if (last.list('VirtualService').some(({ spec }) => JSON.stringify(spec ?? {}).includes('"sluice-')))
    problems.push('a VirtualService names our subsets still');
  const pods = last.list('Pod').filter(isServing);
  const news = pods.filter((pod) => versionOf(pod) === version).length;
  if (allowance.ends.length === 1) {
    const wanted = allowance.ends[0] === 'Promoted' ? replicas : 0;
    if (news !== wanted || pods.length !== replicas)
      problems.push(
        `${pods.length} pods serve, ${news} of them of ${version}: not ${replicas}, and ${wanted}`,
      );
  }
  return problems;
}

/** All violated invariants, in words; empty if all held. */
export function problemsOf(trial: Trial): string[] {
  return [weightedSubsets, containment, lostRequests, promiseProblems, enoughPods, oneEnd, leftovers].flatMap(
    (rule) => rule(trial),
  );
}
