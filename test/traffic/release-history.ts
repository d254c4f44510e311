import type { Change } from '../../hack/testbed/evidence/history.ts';
import { type Level, levelsOf, shareAt } from '../../hack/testbed/evidence/levels.ts';
import type { Transition } from '../../hack/testbed/evidence/transition.ts';
import { until } from '../../hack/testbed/until.ts';
import type { Phase } from '../../src/api/release/places.ts';
import type { ReleaseStatus } from '../../src/api/release/release.ts';
import type { Scene } from './play.ts';

const LONGEST = { within: 90_000, every: 100 };

const phaseOf = ({ object }: Change): Phase =>
  (object['status'] as Partial<ReleaseStatus> | undefined)?.phase ?? 'Pending';

/** When a Release was first in a phase, epoch milliseconds; null if it was not. */
export function firstIn(changes: readonly Change[], phase: Phase): number | null {
  return changes.find((change) => change.kind === 'Release' && phaseOf(change) === phase)?.at ?? null;
}

/** What the versions should get so far. */
export const levelsSoFar = ({ witness, road }: Scene, ...versions: string[]): Level[] =>
  levelsOf(witness.changes(), road, versions);

/** Waits until the routes give a version so much, by weight, and answers when they were written. */
export function untilWeight(scene: Scene, version: string, percent: number, since = 0): Promise<number> {
  return until(
    `${version} has ${percent} %`,
    () => {
      const levels = levelsSoFar(scene, version);
      const last = levels.at(-1);
      const share = shareAt(last, version);
      const fits = share.by === 'weight' && share.percent === percent && (last?.at ?? 0) >= since;
      return fits ? last?.at : null;
    },
    LONGEST,
  );
}

/** The transitions of a release that takes all its steps: the start, each step, and the promotion. */
export function stepsOf(scene: Scene, version: string, pushedAt: number, end: number): Transition[] {
  const promoting = firstIn(scene.witness.changes(), 'Promoting') ?? end;
  const steps = levelsSoFar(scene, version)
    .filter(({ at }) => at > pushedAt && at < promoting)
    .map((level) => ({ at: level.at, percent: shareAt(level, version).percent }))
    .filter(({ percent }) => percent > 0);
  const starts = [
    { name: 'start', from: pushedAt },
    ...steps.map(({ at, percent }) => ({ name: `step ${Math.round(percent)}`, from: at })),
    { name: 'promotion', from: promoting },
  ];
  return starts.map(({ name, from }, index) => ({
    name,
    version,
    from,
    to: starts[index + 1]?.from ?? end,
  }));
}
