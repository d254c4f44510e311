import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { since } from '../../../view/duration-text.ts';
import { verdictNow } from '../../../view/metrics.ts';
import { isOver } from '../../../view/place.ts';
import { type ReleaseView, VIEW_VERSION } from '../../../view/release-view.ts';
import { viewOf } from '../../../view/view-of.ts';
import { findRollout, readInventory, releasesOf } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { canvasOf, type Format, remark, say, sayData, sayNames } from '../../terminal/output.ts';
import type { Canvas, Paint } from '../../terminal/paint.ts';
import { type Column, tableLines } from '../../terminal/table.ts';
import { VERDICTS } from '../../terminal/verdict-mark.ts';

/** A Rollout with the state of its current Release, or what serves without one. */
interface Row {
  readonly rollout: Rollout;
  readonly state: ReleaseView;
}

/** A row for a Rollout with its current Release, if there is one. */
export function rowOf(rollout: Rollout, release: Release | null, now: number): Row {
  return { rollout, state: viewOf({ rollout, release, hidden: ['ReplicaSet', 'Pod'], now }) };
}

/** While the Release that a Rollout names is not known yet, its phase is taken from the Rollout. */
function phaseText({ place: { phase, text } }: ReleaseView): string {
  return phase === 'Unknown' ? text : phase;
}

function verdictCell({ state: { analysis } }: Row, paint: Paint): string {
  const verdict = verdictNow(analysis);
  return verdict === undefined ? '-' : paint(VERDICTS[verdict].tone, verdict);
}

function canaryPods({ state: { versions } }: Row): string {
  const canary = versions.find(({ role }) => role === 'canary');
  return canary === undefined ? '-' : `${canary.ready ?? 0}/${canary.wanted ?? 0}`;
}

function columnsOf(
  { paint, now, width }: Canvas,
  rows: readonly Row[],
  everywhere: boolean,
  wide: boolean,
): Column<Row>[] {
  const deployment: Column<Row> = { title: 'DEPLOYMENT', cell: ({ rollout }) => rollout.spec.target.name };
  // On a narrow terminal, equal values are shown once.
  const isSame = rows.every(({ rollout }) => rollout.spec.target.name === rollout.metadata.name);
  const namespace: Column<Row> = {
    title: 'NAMESPACE',
    cell: ({ rollout }) => rollout.metadata.namespace ?? '',
  };
  const more: Column<Row>[] = [
    {
      title: 'RELEASE',
      cell: ({ rollout, state: { heading } }) => heading.release ?? rollout.status?.last?.release ?? '-',
    },
    { title: 'STABLE', cell: ({ rollout }) => rollout.status?.stable?.replicaSet ?? '-' },
    { title: 'CANARY PODS', cell: canaryPods },
    { title: 'AGE', cell: ({ rollout }) => since(rollout.metadata.creationTimestamp, now) },
  ];
  return [
    ...(everywhere ? [namespace] : []),
    { title: 'NAME', cell: ({ rollout }) => rollout.metadata.name },
    ...(width < (isSame ? 120 : 100) && !wide ? [] : [deployment]),
    { title: 'PHASE', cell: ({ state }) => paint(state.tone, phaseText(state)) },
    { title: 'STEP', cell: ({ state }) => state.place.step ?? '-' },
    {
      title: 'WEIGHT',
      cell: ({ state: { heading, traffic } }) => (heading.release === null ? '-' : `${traffic.canary} %`),
    },
    { title: 'VERDICT', cell: (row) => verdictCell(row, paint) },
    ...(wide ? more : []),
    { title: 'STATUS', cell: ({ state }) => state.place.summary },
  ];
}

/** The Rollouts as a table. */
export function view(
  rows: readonly Row[],
  canvas: Canvas,
  { everywhere = false, wide = false }: { readonly everywhere?: boolean; readonly wide?: boolean } = {},
): string[] {
  return tableLines(rows, columnsOf(canvas, rows, everywhere, wide), canvas);
}

/** The views for programs: the named one, or a list. */
async function sayViews(format: 'json' | 'yaml', rows: readonly Row[], single: boolean): Promise<void> {
  const items = rows.map((row) => row.state);
  const [only] = items;
  await sayData(
    format,
    single && only !== undefined ? only : { apiVersion: VIEW_VERSION, kind: 'ReleaseViewList', items },
  );
}

/** `sluice get [NAME]`. */
export async function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly output?: Format | undefined },
): Promise<void> {
  const everywhere = flags.allNamespaces === true && name === undefined;
  const scene = await withSession(flags, (session) => readInventory(session, everywhere));
  const rollouts = name === undefined ? scene.rollouts : [findRollout(scene, name)];
  const canvas = canvasOf();
  const rows = rollouts.map((rollout) => {
    const release = releasesOf(scene, rollout).find((one) => !isOver(one)) ?? null;
    return rowOf(rollout, release, canvas.now);
  });
  const { output } = flags;
  if (output === 'name') return sayNames(rollouts);
  if (output === 'json' || output === 'yaml') return sayViews(output, rows, name !== undefined);
  if (rows.length === 0) {
    const where = everywhere ? 'the cluster' : `namespace ${scene.namespace}`;
    remark(`There is no Rollout in ${where}.`);
    return;
  }
  say(...view(rows, canvas, { everywhere, wide: output === 'wide' }));
}
