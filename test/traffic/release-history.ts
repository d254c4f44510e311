import type { Headers } from '../../hack/testbed/evidence/headers.ts';
import { firstIn } from '../../hack/testbed/evidence/history.ts';
import { type Level, levelsOf, shareAt } from '../../hack/testbed/evidence/levels.ts';
import type { Transition } from '../../hack/testbed/evidence/transition.ts';
import type { Pushed } from '../../hack/testbed/site.ts';
import type { Release, ReleaseStatus } from '../../src/api/release/release.ts';
import type { Scene } from './play.ts';

/** The status of the Release of a pushed version, change after change. */
export function statusesOf(
  { witness }: Scene,
  { revision }: Pushed,
): { readonly at: number; readonly status: ReleaseStatus }[] {
  return witness.changes().flatMap(({ kind, object, at }) => {
    const { spec, status } = object as unknown as Release;
    return kind === 'Release' && spec.revision === revision && status !== undefined ? [{ at, status }] : [];
  });
}

/** What versions should get so far of the requests with these headers; of everybody's unless given. */
export const levelsSoFar = (
  { witness, road }: Scene,
  versions: readonly string[],
  headers: Headers = {},
): Level[] => levelsOf(witness.changes(), road, versions, headers);

interface Step {
  readonly name: string;
  readonly from: number;
}

/** When a version got another share of the requests with these headers, by its name. */
function risesOf(scene: Scene, version: string, headers: Headers): { at: number; percent: number }[] {
  return levelsSoFar(scene, [version], headers)
    .map((level) => ({ at: level.at, percent: Math.round(shareAt(level, version).percent) }))
    .filter(({ percent }) => percent > 0);
}

/** The steps of a release: of everybody's requests by their weight, of copies, and of those who joined. */
function stepStarts(scene: Scene, pushed: Pushed): Step[] {
  const { version } = pushed;
  const weights = risesOf(scene, version, {});
  const matches = scene
    .callers()
    .slice(1)
    .flatMap(({ headers }) => risesOf(scene, version, headers).slice(0, 1))
    .filter(({ at }) => weights.every((weight) => weight.at !== at));
  const mirror = statusesOf(scene, pushed).find(({ status }) => (status.mirror ?? 0) > 0);
  return [
    ...weights.map(({ at, percent }) => ({ name: `step ${percent}`, from: at })),
    ...matches.map(({ at }) => ({ name: 'match', from: at })),
    ...(mirror === undefined ? [] : [{ name: 'mirror', from: mirror.at }]),
  ].toSorted((a, b) => a.from - b.from);
}

/** The transitions of a release that takes all its steps: the start, each step, and the promotion. */
export function stepsOf(scene: Scene, pushed: Pushed, end: number): Transition[] {
  const { version } = pushed;
  const promoting = firstIn(scene.witness.changes(), 'Promoting') ?? end;
  const starts = [
    { name: 'start', from: pushed.at },
    ...stepStarts(scene, pushed).filter(({ from }) => from > pushed.at && from < promoting),
    { name: 'promotion', from: promoting },
  ];
  return starts.map(({ name, from }, index) => ({
    name,
    version,
    from,
    to: starts[index + 1]?.from ?? end,
  }));
}
