import type { Release } from '../../api/release.ts';
import { byText } from '../../view/actor-text.ts';
import { since } from '../../view/duration-text.ts';
import { placeOf } from '../../view/place.ts';
import { toneOf } from '../../view/tone.ts';
import { findRollout, readInventory, releasesOf } from '../inventory.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { canvasOf, type Format, remark, say, sayObjects } from '../terminal/output.ts';
import { type Canvas, wrap } from '../terminal/paint.ts';
import { type Column, tableLines } from '../terminal/table.ts';

function tookText({ metadata, status }: Release, now: number): string {
  const began = status?.startedAt ?? metadata.creationTimestamp;
  return since(began, status?.finishedAt === undefined ? now : Date.parse(status.finishedAt));
}

function peopleText({ spec }: Release): string {
  const { abort, approvals = [], skips = [], promote } = spec;
  const verb = abort?.gate === undefined ? 'aborted' : `"${abort.gate}" rejected`;
  const deeds = [
    ...approvals.map((one) => `${one.gate} by ${byText(one)}`),
    ...skips.map((one) => `step ${one.step + 1} skipped by ${byText(one)}`),
    ...(promote === undefined ? [] : [`promoted in full by ${byText(promote)}`]),
    ...(abort === undefined ? [] : [`${verb} by ${byText(abort)}`]),
  ];
  return deeds.join(', ') || '-';
}

const phaseOf = ({ status }: Release): string => status?.phase ?? 'Pending';

/** Why it is where it is; the reason in one word is said only where the phase does not say it. */
function whyText({ status }: Release): string {
  if (status?.message === undefined) return '-';
  return status.reason === status.phase ? status.message : `${status.reason}: ${status.message}`;
}

/** Whether the terminal is so narrow that the reason has lines of its own. */
function isNarrow({ width }: Canvas, wide: boolean): boolean {
  return width < (wide ? 220 : 140);
}

function columnsOf(canvas: Canvas, wide: boolean): Column<Release>[] {
  const { paint, now } = canvas;
  const more: Column<Release>[] = [
    { title: 'REVISION', cell: ({ spec }) => spec.revision },
    { title: 'PLACE', cell: ({ status }) => placeOf(status) },
    { title: 'PEOPLE', cell: peopleText },
  ];
  return [
    { title: 'RELEASE', cell: ({ metadata }) => metadata.name },
    { title: 'BEGAN', cell: ({ metadata }) => `${since(metadata.creationTimestamp, now)} ago` },
    { title: 'TOOK', cell: (release) => tookText(release, now) },
    { title: 'OUTCOME', cell: (release) => paint(toneOf(phaseOf(release)), phaseOf(release)) },
    { title: 'STEP', cell: ({ status }) => status?.stepText ?? '-' },
    ...(wide ? more : []),
    ...(isNarrow(canvas, wide) ? [] : [{ title: 'WHY', cell: whyText }]),
  ];
}

/** The Releases as a table, newest first. */
export function view(releases: readonly Release[], canvas: Canvas, wide = false): string[] {
  const shown = releases.toReversed();
  const [head = '', ...rows] = tableLines(shown, columnsOf(canvas, wide), canvas);
  if (!isNarrow(canvas, wide)) return [head, ...rows];
  const lines = shown.map((release) => wrap(whyText(release), canvas.width - 4).map((line) => `    ${line}`));
  return [head, ...rows.flatMap((row, at) => [row, ...(lines[at] ?? [])])];
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
