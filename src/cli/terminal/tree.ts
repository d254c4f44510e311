import { isUneven, loadText } from '../../analysis/verdict/load.ts';
import { countOf } from '../../analysis/verdict/number-text.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import type { Rollout } from '../../api/rollout.ts';
import { stepName } from '../../release/gates/skip-and-promote.ts';
import { stageOf } from '../../release/stages/table.ts';
import { imageChanges } from '../../release/status/template-diff.ts';
import { byText, reasonText } from '../../view/actor-text.ts';
import { since } from '../../view/duration-text.ts';
import { nextOf } from '../../view/next.ts';
import { isOver, placeOf } from '../../view/place.ts';
import { podState } from '../../view/pod-state.ts';
import { stepMarks } from '../../view/steps.ts';
import { toneOf } from '../../view/tone.ts';
import { type Canvas, clip, FIXED, pad, widthOf, wrap } from './paint.ts';
import { VERDICTS } from './verdict-mark.ts';

/** All that the tree of a release is drawn from. */
export interface TreeSeen {
  readonly rollout: Rollout | null;
  readonly release: Release | null;
  readonly replicaSets: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** Pod template that is tried, where it is known. */
  readonly canaryTemplate: unknown;
  /** Kinds that this person may not read. */
  readonly hidden?: readonly string[];
}

const LABEL = 12;
const HASH_LABEL = 'pod-template-hash';
/** Pods of one version that are shown, at most. */
const MOST_PODS = 6;

/** How much of the pods there is room for. */
interface Room {
  /** Pods of each version; those that are not ready come first. */
  readonly pods: number;
}

function field(name: string, text: string, { width, paint }: Canvas): string[] {
  const [first = '', ...rest] = wrap(text, width - LABEL);
  return [paint('faint', pad(name, LABEL)) + first, ...rest.map((line) => ' '.repeat(LABEL) + line)];
}

/** Where the release, or else the Rollout, is, and for how long. */
function phaseText({ rollout, release }: TreeSeen, now: number): string {
  if (release === null) return rollout?.status?.phase ?? 'Unknown';
  const age = release.status?.stageStartedAt;
  const place = placeOf(release.status);
  return isOver(release) || age === undefined ? place : `${place} for ${since(age, now)}`;
}

function heading(seen: TreeSeen, { width, paint, now }: Canvas): string[] {
  const { rollout, release } = seen;
  const { namespace, name = '' } = (rollout ?? release)?.metadata ?? {};
  const left = `${namespace}/${release?.spec.rollout ?? name}`;
  const right = phaseText(seen, now);
  const tone = toneOf(release?.status?.phase ?? right);
  const gap = Math.max(2, Math.min(width, 100) - widthOf(left) - widthOf(right));
  return [`${paint('strong', left)}${' '.repeat(gap)}${paint(tone, right)}`];
}

function timeText({ metadata, status }: Release, now: number): string {
  const began = status?.startedAt ?? metadata.creationTimestamp;
  if (status?.finishedAt === undefined) return `began ${since(began, now)} ago`;
  const took = since(began, Date.parse(status.finishedAt));
  return `ended ${since(status.finishedAt, now)} ago, took ${took}`;
}

function changeText(release: Release, canaryTemplate: unknown): string | null {
  const changes = imageChanges(release.spec.stable.template, canaryTemplate);
  return changes.length === 0 ? null : changes.join(', ');
}

const STEP_MARKS = {
  done: { mark: '✓', tone: 'good' },
  skipped: { mark: '»', tone: 'doubt' },
  current: { mark: '●', tone: 'canary' },
  ahead: { mark: '○', tone: 'faint' },
  failed: { mark: '✗', tone: 'bad' },
} as const;

function stepsText(release: Release, { paint }: Canvas): string {
  return stepMarks(release)
    .map(({ name, state }) =>
      paint(STEP_MARKS[state].tone, `${STEP_MARKS[state].mark} ${name.replace(' ', FIXED)}`),
    )
    .map((text) => text.replace(' ', FIXED))
    .join(`${FIXED} `);
}

function bar(weight: number, { width, paint }: Canvas): string {
  const cells = Math.min(40, width - LABEL - 34);
  const canary = weight === 0 ? 0 : Math.max(1, Math.round((cells * weight) / 100));
  return `${paint('canary', '█'.repeat(canary))}${paint('faint', '░'.repeat(cells - canary))}`;
}

function trafficText(release: Release, canvas: Canvas): string {
  const { weight = 0, phase } = release.status ?? {};
  if (phase === 'Promoted') return `the new version has all of it`;
  if (isOver(release)) return 'stable has all of it';
  if (release.status?.handedOver === true || weight === 100)
    return `${bar(100, canvas)}${FIXED} all to the new version`;
  return `${bar(weight, canvas)}${FIXED} canary ${weight} %, stable ${100 - weight} %`;
}

function numbersOf(set: KubeObject | undefined): { ready: number; wanted: number } | null {
  if (set === undefined) return null;
  const { replicas = 0 } = (set['spec'] ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (set['status'] ?? {}) as { readyReplicas?: number };
  return { ready: readyReplicas, wanted: replicas };
}

function podLines(pods: readonly KubeObject[], { width, paint, now }: Canvas, room: Room): string[] {
  if (room.pods === 0) return [];
  const states = pods.map((pod) => podState(pod, now)).toSorted((a, b) => Number(a.ready) - Number(b.ready));
  const shown = states.slice(0, room.pods);
  const hidden = states.length - shown.length;
  const column = Math.max(0, ...shown.map(({ name }) => name.length)) + 3;
  const lines = shown.map(({ name, text, tone }) => {
    return `${pad(name, column)}${paint(tone, clip(text, width - column - 3))}`;
  });
  const all = hidden === 0 ? lines : [...lines, paint('faint', `and ${hidden} more`)];
  return all.map((line, at) => `${paint('faint', at === all.length - 1 ? '└─' : '├─')} ${line}`);
}

/** Pods of a version by the Release's own word, for those who may not read ReplicaSets. */
function toldNumbers({ release }: TreeSeen, replicaSet: string): { ready: number; wanted: number } | null {
  const { readyReplicas, replicas } = release?.status ?? {};
  const isCanary = release?.spec.canary.replicaSet === replicaSet && !isOver(release);
  return isCanary && readyReplicas !== undefined ? { ready: readyReplicas, wanted: replicas ?? 0 } : null;
}

/** What stands in place of a ReplicaSet that is not seen. */
function absentText({ release, hidden = [] }: TreeSeen): string {
  if (hidden.includes('ReplicaSet')) return '';
  return release !== null && isOver(release) ? 'removed' : 'no ReplicaSet';
}

function versionLines(
  role: string,
  { replicaSet, podTemplateHash }: { readonly replicaSet: string; readonly podTemplateHash: string },
  seen: TreeSeen,
  canvas: Canvas,
  room: Room,
): string[] {
  const set = seen.replicaSets.find(({ metadata }) => metadata.name === replicaSet);
  const isHidden = seen.hidden?.includes('ReplicaSet') === true;
  const numbers = isHidden ? toldNumbers(seen, replicaSet) : numbersOf(set);
  const pods = seen.pods.filter(({ metadata }) => metadata.labels?.[HASH_LABEL] === podTemplateHash);
  const { paint } = canvas;
  const count = numbers === null ? absentText(seen) : `${numbers.ready}/${numbers.wanted} ready`;
  const full = numbers !== null && numbers.ready >= numbers.wanted;
  const tone = numbers === null || numbers.wanted === 0 ? 'faint' : full ? 'good' : 'doubt';
  return [
    `${paint('strong', pad(role, LABEL))}${replicaSet}  ${paint(tone, count)}`.trimEnd(),
    ...podLines(pods, canvas, room),
  ];
}

function hiddenLines({ hidden = [] }: TreeSeen, { paint }: Canvas): string[] {
  if (hidden.length === 0) return [];
  const kinds = hidden.map((kind) => `${kind}s`).join(' and ');
  return [
    paint('faint', `(${kinds} are not shown, since you may not read them; the ClusterRole view lets you)`),
  ];
}

/** The verdict of every metric with its numbers, one paragraph each. */
function verdictLines(release: Release, { width, paint }: Canvas): string[] {
  const metrics = release.status?.analysis?.metrics ?? [];
  const column = Math.max(0, ...metrics.map(({ name }) => name.length)) + 2;
  return metrics.flatMap(({ name, verdict, message }) => {
    const { mark, tone } = VERDICTS[verdict];
    const dry = release.spec.metrics.find((one) => one.name === name)?.dryRun === true;
    const text = dry ? `${message} (dryRun: does not count)` : message;
    const [first = '', ...rest] = wrap(text, width - column - 4);
    const indent = ' '.repeat(column + 4);
    return [`  ${paint(tone, mark)} ${pad(name, column)}${first}`, ...rest.map((line) => indent + line)];
  });
}

/** That the pods of both versions have different loads, which the figures above do not show. */
function loadLines({ status }: Release, canvas: Canvas): string[] {
  const { load } = status?.analysis ?? {};
  if (load === undefined || !isUneven(load)) return [];
  return wrap(loadText(load), canvas.width - 4).map(
    (line, at) => `  ${at === 0 ? canvas.paint('doubt', '!') : ' '} ${line}`,
  );
}

/** The step that the verdict is about: until its traffic is there, a step has none of its own. */
function judgedStep(release: Release): string {
  const { phase } = release.status ?? {};
  if (release.status !== undefined && stageOf(release.status).analysis === 'ahead') return 'the step before';
  return phase === 'Stepping' && !isOver(release) ? 'this step' : 'the last step';
}

function analysisLines(release: Release, canvas: Canvas): string[] {
  const metrics = release.status?.analysis?.metrics ?? [];
  if (metrics.length === 0) return [];
  const { verdict, analysis } = release.status ?? {};
  const windows = analysis?.windows ?? 0;
  // Some windows may have had no data, so that no metric that is looked at in each counts them.
  const regular = metrics.filter(({ measured, check }) => measured === undefined && check === undefined);
  const counted = regular.length === 0 ? windows : Math.max(...regular.map((one) => one.windows));
  const empty = windows > counted ? `, ${windows - counted} of them without data` : '';
  // Until the first window of a step is complete, the verdict in the status is that of the step before.
  const said = `${countOf(windows, 'window')} at ${judgedStep(release)}${empty}`;
  const text =
    verdict === undefined || windows === 0
      ? 'none yet at this step'
      : `${canvas.paint(VERDICTS[verdict].tone, verdict)} after ${said}`;
  const head = `${canvas.paint('faint', pad('Verdict', LABEL))}${text}`;
  return ['', head, ...verdictLines(release, canvas), ...loadLines(release, canvas)];
}

function nextLines(release: Release, canvas: Canvas): string[] {
  const { what, why, commands } = nextOf(release, canvas.now);
  return [
    '',
    ...field('Next', what, canvas),
    ...(why === undefined ? [] : field('', why, canvas)),
    ...commands.map((command) => `${' '.repeat(LABEL)}${canvas.paint('strong', command)}`),
  ];
}

function idleLines(rollout: Rollout, seen: TreeSeen, canvas: Canvas, room: Room): string[] {
  const { status } = rollout;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return [
    ...(status?.stable === undefined
      ? []
      : ['', ...versionLines('stable', status.stable, seen, canvas, room)]),
    '',
    ...field('Next', ready?.message ?? 'the controller has not observed it yet: sluice doctor', canvas),
  ];
}

/** What people did: aborted, approved, skipped, promoted in full, paused. */
function peopleLines(release: Release, canvas: Canvas): string[] {
  const { abort, approvals = [], skips = [], promote, paused } = release.spec;
  const no = abort?.gate === undefined ? 'Aborted' : 'Rejected';
  const at = abort?.gate === undefined ? '' : `"${abort.gate}" `;
  return [
    ...(abort === undefined ? [] : field(no, `${at}by ${byText(abort)}${reasonText(abort)}`, canvas)),
    ...approvals.flatMap((one) =>
      field('Approved', `"${one.gate}" by ${byText(one)}${reasonText(one)}`, canvas),
    ),
    ...skips.flatMap((one) =>
      field('Skipped', `${stepName(release, one.step)} by ${byText(one)}${reasonText(one)}`, canvas),
    ),
    ...(promote === undefined
      ? []
      : field('Promote', `in full, by ${byText(promote)}${reasonText(promote)}`, canvas)),
    ...(paused === true && !isOver(release) ? field('Paused', 'by spec.paused', canvas) : []),
  ];
}

/**
 * A Release, or a Rollout without one, as a tree. Where it has more lines than `height`, pods are left out first, since
 * the verdict and what comes next stand at its end.
 */
export function treeLines(seen: TreeSeen, canvas: Canvas, height = Number.POSITIVE_INFINITY): string[] {
  const sizes = [MOST_PODS, 3, 1].map((pods) => linesIn(seen, canvas, { pods }));
  return sizes.find((lines) => lines.length <= height) ?? linesIn(seen, canvas, { pods: 0 });
}

function linesIn(seen: TreeSeen, canvas: Canvas, room: Room): string[] {
  const { release, rollout, canaryTemplate } = seen;
  const head = heading(seen, canvas);
  if (release === null) return rollout === null ? head : [...head, ...idleLines(rollout, seen, canvas, room)];
  const { status, spec, metadata } = release;
  const change = changeText(release, canaryTemplate);
  const { reason: word, message = '' } = status ?? {};
  const reason = word === status?.phase ? message : `${word}: ${message}`;
  const over = isOver(release);
  const promoted = status?.phase === 'Promoted';
  return [
    ...head,
    ...field('Release', `${metadata.name}, ${timeText(release, canvas.now)}`, canvas),
    ...(change === null ? [] : field('Change', change, canvas)),
    ...field('Steps', stepsText(release, canvas), canvas),
    ...field('Traffic', trafficText(release, canvas), canvas),
    ...(over || status?.phase === 'Aborting' ? field('Why', reason, canvas) : []),
    ...peopleLines(release, canvas),
    '',
    ...versionLines(promoted ? 'before' : 'stable', spec.stable, seen, canvas, room),
    ...versionLines(promoted ? 'serves' : 'canary', spec.canary, seen, canvas, room),
    ...hiddenLines(seen, canvas),
    ...analysisLines(release, canvas),
    ...nextLines(release, canvas),
  ];
}
