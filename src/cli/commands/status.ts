import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import type { Rollout } from '../../api/rollout.ts';
import { stepTextOf } from '../../release/strategy/steps.ts';
import { isOver, placeOf, verdictNow } from '../../view/place.ts';
import { type Selection, selectRelease } from '../../view/select-release.ts';
import { revisionOf } from '../../workload/revision.ts';
import { observeDeployment } from '../../workload/workload.ts';
import { EXIT } from '../cli-error.ts';
import { type Following, follow, ifAllowed, interrupted } from '../follow.ts';
import { findRelease, type Inventory, oldestFirst, readInventory, releasesOf } from '../inventory.ts';
import { type ClusterFlags, type Session, withSession } from '../session.ts';
import { canvasOf, type Format, say, sayObjects } from '../terminal/output.ts';
import type { Canvas } from '../terminal/paint.ts';
import { createScreen } from '../terminal/screen.ts';
import { type TreeSeen, treeLines } from '../terminal/tree.ts';

interface Flags extends ClusterFlags {
  readonly watch?: boolean;
  readonly output?: Format | undefined;
}

/** The tree of a release, or of a Rollout without one. */
export function view(seen: TreeSeen, canvas: Canvas, height?: number): string[] {
  return treeLines(seen, canvas, height);
}

/** One line for a release, for where there is no terminal; it changes when the release moves. */
export function lineView({ metadata, spec, status }: Release): string {
  const { stepText = stepTextOf(spec.policy, {}, 0), weight = 0, waitingFor } = status ?? {};
  const verdict = verdictNow(status);
  const parts = [
    metadata.name,
    placeOf(status),
    `step ${stepText}`,
    `${weight} %`,
    ...(waitingFor === undefined ? [] : [`waits for approval of "${waitingFor}"`]),
    ...(verdict === undefined ? [] : [verdict]),
  ];
  return parts.join('  ');
}

/** The pod template that a release tries, from whatever still holds it. */
export function canaryTemplateOf(
  release: Release | null,
  replicaSets: readonly KubeObject[],
  deployment: KubeObject | null,
): unknown {
  if (release === null) return undefined;
  const set = replicaSets.find(({ metadata }) => metadata.name === release.spec.canary.replicaSet);
  if (set !== undefined) return (set['spec'] as { template?: unknown } | undefined)?.template;
  if (deployment === null) return undefined;
  const seen = observeDeployment(deployment, revisionOf);
  return seen.revision === release.spec.revision ? seen.template : undefined;
}

function selectorOf(deployment: KubeObject | null): string | undefined {
  const spec = deployment?.['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.length === 0 ? undefined : labels.map(([key, value]) => `${key}=${value}`).join(',');
}

/** Which release is looked at: a Rollout's (whichever is its newest at the time), or one for good. */
interface Target {
  readonly rollout: Rollout | null;
  readonly release: Release | null;
  readonly deployment: KubeObject | null;
}

async function targetOf(session: Session, scene: Inventory, name: string | undefined): Promise<Target> {
  const { rollout, release } = findRelease(scene, name);
  const named =
    release !== null && (name === release.metadata.name || name === `release/${release.metadata.name}`);
  const workload = rollout?.spec.target.name ?? release?.spec.workload.name ?? '';
  const place = { namespace: session.namespace, name: workload };
  const deployment = await ifAllowed('Deployment', session.client.get(RESOURCES.Deployment, place));
  return { rollout, release: named ? release : null, deployment };
}

/** The release to show: the one that was named, else what is meant by the Rollout. */
function shownOf({ rollout, release, deployment }: Target, scene: Inventory): Selection {
  if (release !== null) return { kind: 'release', release };
  return rollout === null
    ? { kind: 'none', last: null }
    : selectRelease(rollout, releasesOf(scene, rollout), deployment);
}

const chosen = (subject: Selection): Release | null => (subject.kind === 'release' ? subject.release : null);

async function once(session: Session, name: string | undefined, output: Format | undefined): Promise<void> {
  const scene = await readInventory(session);
  const target = await targetOf(session, scene, name);
  const { rollout, deployment } = target;
  const release = chosen(shownOf(target, scene));
  if (output !== undefined && output !== 'wide') {
    const object = release ?? rollout;
    return sayObjects(output, object === null ? [] : [object], true);
  }
  say(...view(await treeSeen(session, rollout, release, deployment), canvasOf()));
}

async function treeSeen(
  { client, namespace }: Session,
  rollout: Rollout | null,
  release: Release | null,
  deployment: KubeObject | null,
): Promise<TreeSeen> {
  const labelSelector = selectorOf(deployment);
  const selected = labelSelector === undefined ? {} : { labelSelector };
  const [sets, pods] = await Promise.all([
    ifAllowed('ReplicaSet', client.list(RESOURCES.ReplicaSet, namespace)),
    ifAllowed('Pod', client.list(RESOURCES.Pod, namespace, selected)),
  ]);
  const replicaSets = sets?.items ?? [];
  const hidden = [...(sets === null ? ['ReplicaSet'] : []), ...(pods === null ? ['Pod'] : [])];
  const canaryTemplate = canaryTemplateOf(release, replicaSets, deployment);
  return { rollout, release, replicaSets, pods: pods?.items ?? [], canaryTemplate, hidden };
}

interface Frame {
  readonly seen: TreeSeen;
  readonly subject: Selection;
}

/** The objects as they are now, for the release that is meant now. */
function frameOf(following: Following, target: Target): Frame {
  const rollouts = following.list('Rollout') as readonly Rollout[];
  const releases = oldestFirst(following.list('Release') as readonly Release[]);
  const name = target.rollout?.metadata.name ?? target.release?.spec.rollout;
  const rollout = rollouts.find(({ metadata }) => metadata.name === name) ?? null;
  const ours = releases.filter(({ spec }) => spec.rollout === name);
  const workload = target.deployment?.metadata.name;
  const deployment = following.list('Deployment').find(({ metadata }) => metadata.name === workload) ?? null;
  const named =
    releases.find(({ metadata }) => metadata.name === target.release?.metadata.name) ?? target.release;
  const subject: Selection =
    named !== null
      ? { kind: 'release', release: named }
      : rollout === null
        ? { kind: 'none', last: null }
        : selectRelease(rollout, ours, deployment);
  const release = chosen(subject);
  const replicaSets = following.list('ReplicaSet');
  const canaryTemplate = canaryTemplateOf(release, replicaSets, deployment);
  const { hidden } = following;
  const pods = following.list('Pod');
  return { subject, seen: { rollout, release, replicaSets, pods, canaryTemplate, hidden } };
}

function hasEnded({ subject }: Frame): boolean {
  return subject.kind === 'none' || (subject.kind === 'release' && isOver(subject.release));
}

/** Draws frames in place where there is a terminal. */
async function live(following: Following, target: Target, signal: AbortSignal): Promise<Frame> {
  const screen = createScreen(process.stdout);
  for (;;) {
    const frame = frameOf(following, target);
    const canvas = canvasOf();
    const trouble = following.trouble();
    const note = trouble === null ? [] : [canvas.paint('bad', `the newest state may be missing: ${trouble}`)];
    const coming =
      frame.subject.kind === 'coming' ? ['the changed template is held; its release begins now'] : [];
    if (hasEnded(frame) || signal.aborted) {
      screen.draw([]);
      screen.leave();
      say(...view(frame.seen, canvas));
      return frame;
    }
    const height = process.stdout.rows - 1 - coming.length - note.length;
    screen.draw([...view(frame.seen, canvas, height), ...coming, ...note]);
    await following.changed(1_000);
  }
}

/** Writes a line for every move where there is none, and the whole tree at the end. */
async function lines(following: Following, target: Target, signal: AbortSignal): Promise<Frame> {
  let last = '';
  for (;;) {
    const frame = frameOf(following, target);
    const { release } = frame.seen;
    const line = release === null ? '' : lineView(release);
    if (line !== last && line !== '') say(`${new Date().toISOString().slice(11, 19)}  ${line}`);
    last = line;
    if (hasEnded(frame) || signal.aborted) {
      say('', ...view(frame.seen, canvasOf()));
      return frame;
    }
    await following.changed(60_000);
  }
}

async function watch(session: Session, name: string | undefined): Promise<void> {
  const signal = interrupted();
  const target = await targetOf(session, await readInventory(session), name);
  const selector = selectorOf(target.deployment);
  const pods = selector === undefined ? {} : { labelSelector: selector };
  const workload = target.deployment?.metadata.name;
  const following = await follow(
    session,
    {
      Rollout: {},
      Release: {},
      ...(workload === undefined ? {} : { Deployment: { fieldSelector: `metadata.name=${workload}` } }),
      // The canary's own ReplicaSet need not have the labels of the workload.
      ReplicaSet: {},
      Pod: pods,
    },
    signal,
  );
  try {
    const { subject } = await (process.stdout.isTTY ? live : lines)(following, target, signal);
    const phase = subject.kind === 'release' ? subject.release.status?.phase : undefined;
    if (phase === 'Aborted') process.exitCode = EXIT.no;
    else if (phase === 'Superseded' || phase === 'Cancelled') process.exitCode = EXIT.overtaken;
  } finally {
    await following.stop();
  }
}

/** `sluice status [NAME] [-w]`. */
export function run(name: string | undefined, flags: Flags): Promise<void> {
  return withSession(flags, (session) =>
    flags.watch === true ? watch(session, name) : once(session, name, flags.output),
  );
}
