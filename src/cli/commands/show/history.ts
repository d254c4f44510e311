import type { Release } from '../../../api/release/release.ts';
import { since } from '../../../view/duration-text.ts';
import type { ActView, ReleaseView } from '../../../view/release-view.ts';
import { viewOf } from '../../../view/view-of.ts';
import { findRollout, readInventory, releasesOf } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { canvasOf, type Format, remark, say, sayObjects } from '../../terminal/output.ts';
import { type Canvas, wrap } from '../../terminal/paint.ts';
import { type Column, tableLines } from '../../terminal/table.ts';

function tookText({ heading: { began, ended } }: ReleaseView, now: number): string {
  return since(began, ended === undefined ? now : Date.parse(ended));
}

function actText({ act, about, step, by }: ActView): string | null {
  if (by === undefined) return null;
  if (act === 'approved') return `${about} by ${by}`;
  if (act === 'skipped') return `step ${(step ?? 0) + 1} skipped by ${by}`;
  if (act === 'rejected') return `"${about}" rejected by ${by}`;
  return act === 'promoted' ? `promoted in full by ${by}` : `${act} by ${by}`;
}

function peopleText({ people }: ReleaseView): string {
  const acts = people.acts.map(actText).filter((one) => one !== null);
  return acts.join(', ') || '-';
}

/** Why it is where it is; the reason is shown only if it differs from the phase. */
function whyText({ place: { phase, reason, message, label } }: ReleaseView): string {
  if (message === undefined) return label;
  return reason === undefined || reason === phase ? message : `${reason}: ${message}`;
}

/** What a narrow terminal has no columns for. */
function textsOf(state: ReleaseView, wide: boolean): readonly string[] {
  const people = wide ? peopleText(state) : '-';
  return people === '-' ? [whyText(state)] : [whyText(state), people];
}

/** Whether the terminal is so narrow that sentences need their own lines. */
function isNarrow({ width }: Canvas, wide: boolean): boolean {
  return width < (wide ? 220 : 140);
}

/** A Release as it is stored, and as people see it. */
interface Row {
  readonly release: Release;
  readonly state: ReleaseView;
}

function columnsOf(canvas: Canvas, wide: boolean): Column<Row>[] {
  const { paint, now } = canvas;
  const more: Column<Row>[] = [
    { title: 'REVISION', cell: ({ state }) => state.heading.revision ?? '-' },
    { title: 'PLACE', cell: ({ state }) => state.place.text },
  ];
  const texts: Column<Row>[] = [
    ...(wide ? [{ title: 'PEOPLE', cell: ({ state }: Row) => peopleText(state) }] : []),
    { title: 'WHY', cell: ({ state }) => whyText(state) },
  ];
  return [
    { title: 'RELEASE', cell: ({ release }) => release.metadata.name },
    { title: 'BEGAN', cell: ({ release }) => `${since(release.metadata.creationTimestamp, now)} ago` },
    { title: 'TOOK', cell: ({ state }) => tookText(state, now) },
    { title: 'OUTCOME', cell: ({ state }) => paint(state.tone, state.place.phase) },
    { title: 'STEP', cell: ({ release }) => release.status?.stepText ?? '-' },
    ...(wide ? more : []),
    ...(isNarrow(canvas, wide) ? [] : texts),
  ];
}

/** The Releases as a table, newest first. */
export function view(releases: readonly Release[], canvas: Canvas, wide = false): string[] {
  const rows = releases
    .toReversed()
    .map((release): Row => ({ release, state: viewOf({ release, now: canvas.now }) }));
  const [head = '', ...lines] = tableLines(rows, columnsOf(canvas, wide), canvas);
  if (!isNarrow(canvas, wide)) return [head, ...lines];
  const texts = rows.map(({ state }) =>
    textsOf(state, wide).flatMap((text) => wrap(text, canvas.width - 4).map((line) => `    ${line}`)),
  );
  return [head, ...lines.flatMap((line, at) => [line, ...(texts[at] ?? [])])];
}

/** `sluice history [NAME]`. */
export async function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly output?: Format | undefined },
): Promise<void> {
  const scene = await withSession(flags, (session) => readInventory(session, flags.allNamespaces === true));
  const releases = name === undefined ? scene.releases : releasesOf(scene, findRollout(scene, name));
  const { output } = flags;
  if (output !== undefined && output !== 'wide') return sayObjects(output, releases.toReversed(), false);
  if (releases.length === 0) remark('There has been no release yet.');
  else say(...view(releases, canvasOf(), output === 'wide'));
}
