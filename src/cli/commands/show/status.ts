import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { verdictNow } from '../../../view/metrics.ts';
import { isOver } from '../../../view/place.ts';
import type { ReleaseView } from '../../../view/release-view.ts';
import { oldestFirst, partOf, type Selection, shownOf } from '../../../view/select-release.ts';
import type { ViewInput } from '../../../view/view-input.ts';
import { viewOf } from '../../../view/view-of.ts';
import { EXIT } from '../../cli-error.ts';
import { type Following, follow, ifAllowed, interrupted } from '../../follow.ts';
import { findRelease, type Inventory, readInventory, releasesOf } from '../../inventory.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData, sayNames } from '../../terminal/output.ts';
import { createScreen } from '../../terminal/screen.ts';
import { treeLines } from '../../terminal/tree.ts';

interface Flags extends ClusterFlags {
  readonly watch?: boolean;
  readonly output?: Format | undefined;
}

/** One line for a release, without a terminal; it changes when the release moves. */
export function lineView({ heading, place, traffic, people, analysis }: ReleaseView): string {
  const verdict = verdictNow(analysis);
  const parts = [
    heading.release ?? heading.rollout,
    place.text,
    `at ${place.step}`,
    `${traffic.canary} %${traffic.isShared ? ' by pods' : ''}`,
    ...(people.gate === null ? [] : [`waits for approval of "${people.gate.name}"`]),
    ...(verdict === undefined ? [] : [verdict]),
  ];
  return parts.join('  ');
}

function selectorOf(deployment: KubeObject | null): string | undefined {
  const spec = deployment?.['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.length === 0 ? undefined : labels.map(([key, value]) => `${key}=${value}`).join(',');
}

/** Which release is shown: a Rollout's newest at the time, or a fixed one. */
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

async function once(session: Session, name: string | undefined, output: Format | undefined): Promise<void> {
  const scene = await readInventory(session);
  const target = await targetOf(session, scene, name);
  const { rollout, release: named, deployment } = target;
  const releases = rollout === null ? [] : releasesOf(scene, rollout);
  const selected = shownOf({ rollout, named, releases, deployment });
  if (output === 'name') {
    const object = selected.kind === 'release' ? selected.release : target.rollout;
    return sayNames(object === null ? [] : [object]);
  }
  const view = viewOf(await inputOf(session, target, selected));
  if (output === 'json' || output === 'yaml') return sayData(output, view);
  say(...treeLines(view, canvasOf()));
}

async function inputOf(
  { client, namespace }: Session,
  { rollout, deployment }: Target,
  selected: Selection,
): Promise<ViewInput> {
  const labelSelector = selectorOf(deployment);
  const ours = labelSelector === undefined ? {} : { labelSelector };
  const [sets, pods] = await Promise.all([
    ifAllowed('ReplicaSet', client.list(RESOURCES.ReplicaSet, namespace)),
    ifAllowed('Pod', client.list(RESOURCES.Pod, namespace, ours)),
  ]);
  return {
    rollout,
    ...partOf(selected),
    deployment,
    replicaSets: sets?.items ?? [],
    pods: pods?.items ?? [],
    hidden: [
      ...(sets === null ? (['ReplicaSet'] as const) : []),
      ...(pods === null ? (['Pod'] as const) : []),
    ],
    now: Date.now(),
  };
}

/** Kinds without which a release can still be shown. */
const HIDEABLE = ['ReplicaSet', 'Pod'] as const;

interface Frame {
  readonly view: ReleaseView;
  readonly selected: Selection;
}

/** The current objects of the selected release. */
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
  const selected = shownOf({ rollout, named, releases: ours, deployment });
  const view = viewOf({
    rollout,
    ...partOf(selected),
    deployment,
    replicaSets: following.list('ReplicaSet'),
    pods: following.list('Pod'),
    hidden: HIDEABLE.filter((kind) => following.hidden.includes(kind)),
    now: Date.now(),
  });
  return { selected, view };
}

function hasEnded({ selected }: Frame): boolean {
  return selected.kind === 'none' || (selected.kind === 'release' && isOver(selected.release));
}

/** Draws frames in place on a terminal. */
async function live(following: Following, target: Target, signal: AbortSignal): Promise<Frame> {
  const screen = createScreen(process.stdout);
  for (;;) {
    const frame = frameOf(following, target);
    const canvas = canvasOf();
    const trouble = following.trouble();
    const note = trouble === null ? [] : [canvas.paint('bad', `the newest state may be missing: ${trouble}`)];
    if (hasEnded(frame) || signal.aborted) {
      screen.draw([]);
      screen.leave();
      say(...treeLines(frame.view, canvas));
      return frame;
    }
    const height = process.stdout.rows - 1 - note.length;
    screen.draw([...treeLines(frame.view, canvas, height), ...note]);
    await following.changed(1_000);
  }
}

/** Writes a line for every move without a terminal, and the whole tree at the end. */
async function lines(following: Following, target: Target, signal: AbortSignal): Promise<Frame> {
  let last = '';
  for (;;) {
    const frame = frameOf(following, target);
    const line = frame.view.heading.release === null ? '' : lineView(frame.view);
    if (line !== last && line !== '') say(`${new Date().toISOString().slice(11, 19)}  ${line}`);
    last = line;
    if (hasEnded(frame) || signal.aborted) {
      say('', ...treeLines(frame.view, canvasOf()));
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
    const { view } = await (process.stdout.isTTY ? live : lines)(following, target, signal);
    const { phase } = view.place;
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
