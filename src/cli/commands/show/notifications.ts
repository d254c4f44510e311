import type { Release } from '../../../api/release/release.ts';
import { durationText, since } from '../../../view/duration-text.ts';
import { findRollout, readInventory, releasesOf } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { canvasOf, type Format, remark, say, sayData } from '../../terminal/output.ts';
import type { Canvas } from '../../terminal/paint.ts';
import { type Column, tableLines } from '../../terminal/table.ts';

type Delivery = NonNullable<NonNullable<Release['status']>['deliveries']>[number];

/** Delivery to one receiver of one release. */
export interface Row {
  readonly release: string;
  readonly delivery: Delivery;
  /** Messages that wait for the receiver. */
  readonly waiting: number;
  /** When the newest message was created. */
  readonly newest: string | undefined;
}

/** One row for each receiver of each release, newest release first. */
export function rowsOf(releases: readonly Release[]): readonly Row[] {
  return releases.toReversed().flatMap(({ metadata, status }) => {
    const messages = status?.messages ?? [];
    return (status?.deliveries ?? []).map((delivery) => ({
      release: metadata.name,
      delivery,
      waiting: messages.filter(({ seq }) => seq > delivery.seq).length,
      newest: messages.at(-1)?.at,
    }));
  });
}

function stateText({ delivery, waiting }: Row, { paint, now }: Canvas): string {
  const { failed, error = '', retryAt, attempts = 0 } = delivery;
  if (waiting > 0 && attempts > 0) {
    const left = retryAt === undefined ? 0 : Date.parse(retryAt) - now;
    const tries = `tried ${attempts} time${attempts === 1 ? '' : 's'}, again in ${durationText(Math.max(0, left))}`;
    return paint('doubt', `${tries}: ${error}`);
  }
  return failed > 0
    ? paint('bad', `failed for good: ${error}`)
    : paint('good', waiting > 0 ? 'pending' : 'all delivered');
}

function columnsOf(canvas: Canvas): Column<Row>[] {
  return [
    { title: 'RELEASE', cell: ({ release }) => release },
    { title: 'RECEIVER', cell: ({ delivery }) => delivery.to },
    { title: 'TOLD', cell: ({ delivery }) => String(delivery.delivered) },
    { title: 'WAITING', cell: ({ waiting }) => String(waiting) },
    {
      title: 'FAILED',
      cell: ({ delivery }) => (delivery.failed > 0 ? canvas.paint('bad', String(delivery.failed)) : '0'),
    },
    {
      title: 'NEWEST',
      cell: ({ newest }) => (newest === undefined ? '-' : `${since(newest, canvas.now)} ago`),
    },
    { title: 'STATE', cell: (row) => stateText(row, canvas) },
  ];
}

/** Deliveries as a table. */
export function view(rows: readonly Row[], canvas: Canvas): string[] {
  return tableLines(rows, columnsOf(canvas), canvas);
}

interface Flags extends ClusterFlags {
  readonly failed?: boolean;
  readonly output?: Format | undefined;
}

/** `sluice notifications [NAME]`. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const scene = await withSession(flags, (session) => readInventory(session, flags.allNamespaces === true));
  const releases = name === undefined ? scene.releases : releasesOf(scene, findRollout(scene, name));
  const rows = rowsOf(releases).filter(({ delivery }) => flags.failed !== true || delivery.failed > 0);
  if (flags.output === 'json' || flags.output === 'yaml') return sayData(flags.output, rows);
  if (rows.length > 0) say(...view(rows, canvasOf()));
  else if (flags.failed === true) remark('No message failed.');
  else remark('These releases have no receivers. Set them in the Rollout (spec.notifications).');
}
