import type { Release } from '../../api/release.ts';
import { canvasOf, type Format, say, sayObjects } from '../output.ts';
import type { Canvas } from '../paint.ts';
import { byText } from '../people.ts';
import { findRollout, readScene, releasesOf } from '../scene.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { since } from '../span.ts';
import { placeOf, toneOf } from '../standing.ts';
import { type Column, tableLines } from '../table.ts';

function tookText({ metadata, status }: Release, now: number): string {
  const began = status?.startedAt ?? metadata.creationTimestamp;
  return since(began, status?.finishedAt === undefined ? now : Date.parse(status.finishedAt));
}

function peopleText({ spec }: Release): string {
  const { abort, approvals = [] } = spec;
  const approved = approvals.map((one) => `${one.gate} by ${byText(one)}`);
  const verb = abort?.gate === undefined ? 'aborted' : `"${abort.gate}" rejected`;
  return [...approved, ...(abort === undefined ? [] : [`${verb} by ${byText(abort)}`])].join(', ') || '-';
}

const phaseOf = ({ status }: Release): string => status?.phase ?? 'Pending';

function columnsOf({ paint, now }: Canvas, wide: boolean): Column<Release>[] {
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
    {
      title: 'WHY',
      cell: ({ status }) => (status?.message === undefined ? '-' : `${status.reason}: ${status.message}`),
    },
  ];
}

/** The Releases as a table, newest first. */
export function view(releases: readonly Release[], canvas: Canvas, wide = false): string[] {
  return tableLines(releases.toReversed(), columnsOf(canvas, wide), canvas);
}

/** `sluice history [NAME]`. */
export async function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly output?: Format | undefined },
): Promise<void> {
  const scene = await withSession(flags, (session) => readScene(session, flags.allNamespaces === true));
  const releases = name === undefined ? scene.releases : releasesOf(scene, findRollout(scene, name));
  const { output } = flags;
  if (output !== undefined && output !== 'wide') return sayObjects(output, releases.toReversed(), false);
  if (releases.length === 0) process.stderr.write('There has been no release yet.\n');
  else say(...view(releases, canvasOf(), output === 'wide'));
}
