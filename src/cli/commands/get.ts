import type { Release } from '../../api/release.ts';
import type { Rollout } from '../../api/rollout.ts';
import { since } from '../../view/duration-text.ts';
import { isOver, verdictNow } from '../../view/place.ts';
import { toneOf } from '../../view/tone.ts';
import { findRollout, readInventory, releasesOf } from '../inventory.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { canvasOf, type Format, remark, say, sayObjects } from '../terminal/output.ts';
import type { Canvas, Paint } from '../terminal/paint.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { VERDICTS } from '../terminal/verdict-mark.ts';

/** A Rollout with its current Release, if there is one. */
interface Row {
  readonly rollout: Rollout;
  readonly release: Release | null;
}

function verdictCell({ release }: Row, paint: Paint): string {
  const verdict = verdictNow(release?.status);
  if (verdict === undefined) return '-';
  return paint(VERDICTS[verdict].tone, verdict);
}

function releaseText({ status }: Release): string {
  if (status?.waitingFor !== undefined) return `waits for approval of "${status.waitingFor}"`;
  return status?.message ?? '';
}

function standing({ rollout, release }: Row, now: number): string {
  const { conditions = [], last } = rollout.status ?? {};
  const faulty = conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  if (release !== null) return releaseText(release);
  if (faulty !== undefined) return `${faulty.reason}: ${faulty.message}`;
  return last === undefined ? '' : `last: ${last.outcome} ${since(last.at, now)} ago (${last.reason})`;
}

function columnsOf(
  { paint, now, width }: Canvas,
  rows: readonly Row[],
  everywhere: boolean,
  wide: boolean,
): Column<Row>[] {
  // The Rollout repeats the phase of its Release a little later.
  const phaseOf = ({ rollout, release }: Row): string =>
    release?.status?.phase ?? rollout.status?.phase ?? 'Unknown';
  const deployment: Column<Row> = { title: 'DEPLOYMENT', cell: ({ rollout }) => rollout.spec.target.name };
  // Where the terminal is narrow, what is the same is said once.
  const isSame = rows.every(({ rollout }) => rollout.spec.target.name === rollout.metadata.name);
  const namespace: Column<Row> = {
    title: 'NAMESPACE',
    cell: ({ rollout }) => rollout.metadata.namespace ?? '',
  };
  const more: Column<Row>[] = [
    {
      title: 'RELEASE',
      cell: ({ rollout, release }) => release?.metadata.name ?? rollout.status?.last?.release ?? '-',
    },
    { title: 'STABLE', cell: ({ rollout }) => rollout.status?.stable?.replicaSet ?? '-' },
    {
      title: 'CANARY PODS',
      cell: ({ release }) =>
        release === null ? '-' : `${release.status?.readyReplicas ?? 0}/${release.status?.replicas ?? 0}`,
    },
    { title: 'AGE', cell: ({ rollout }) => since(rollout.metadata.creationTimestamp, now) },
  ];
  return [
    ...(everywhere ? [namespace] : []),
    { title: 'NAME', cell: ({ rollout }) => rollout.metadata.name },
    ...(width < (isSame ? 120 : 100) && !wide ? [] : [deployment]),
    { title: 'PHASE', cell: (row) => paint(toneOf(phaseOf(row)), phaseOf(row)) },
    { title: 'STEP', cell: ({ release }) => release?.status?.stepText ?? '-' },
    { title: 'WEIGHT', cell: ({ release }) => (release === null ? '-' : `${release.status?.weight ?? 0} %`) },
    { title: 'VERDICT', cell: (row) => verdictCell(row, paint) },
    ...(wide ? more : []),
    { title: 'STATUS', cell: (row) => standing(row, now) },
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

/** `sluice get [NAME]`. */
export async function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly output?: Format | undefined },
): Promise<void> {
  const everywhere = flags.allNamespaces === true && name === undefined;
  const scene = await withSession(flags, (session) => readInventory(session, everywhere));
  const rollouts = name === undefined ? scene.rollouts : [findRollout(scene, name)];
  const { output } = flags;
  if (output !== undefined && output !== 'wide') return sayObjects(output, rollouts, name !== undefined);
  if (rollouts.length === 0) {
    const where = everywhere ? 'the cluster' : `namespace ${scene.namespace}`;
    remark(`There is no Rollout in ${where}.`);
    return;
  }
  const rows = rollouts.map((rollout) => ({
    rollout,
    release: releasesOf(scene, rollout).find((one) => !isOver(one)) ?? null,
  }));
  say(...view(rows, canvasOf(), { everywhere, wide: output === 'wide' }));
}
