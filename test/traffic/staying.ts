import type { Headers } from '../../hack/testbed/evidence/headers.ts';
import { shareAt } from '../../hack/testbed/evidence/levels.ts';
import type { Pushed } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';
import type { Phase } from '../../src/api/release/places.ts';
import type { Scene } from './play.ts';
import { levelsSoFar, statusesOf } from './release-history.ts';

/** Requests are sent for so long before and after what happens, so that it shows in the shares. */
export const AFTER_MS = 2_500;

const LONGEST = { within: 90_000, every: 100 };
const LONG = { deadlines: { step: '3h' } };

/** Where a release stays until a person acts. */
export interface Stay {
  /** What the new version has there, for people. */
  readonly has: string;
  /** Fields of the Rollout's spec. */
  readonly spec: object;
  /** Whose requests those are; everybody's unless given. */
  readonly headers?: Headers;
  /** Percent of them by the routes; `some` where pods divide them; `copies` where nobody gets its answers. */
  readonly part: number | 'some' | 'copies';
}

const atWeight = (weight: number, has: string): Stay => ({
  has,
  spec: { steps: [{ weight, bake: '1h' }] },
  part: weight,
});
export const AT_A_QUARTER = atWeight(25, 'a quarter');
export const AT_A_HALF = atWeight(50, 'a half');

/** One canary pod beside two of stable. */
export const AT_A_POD: Stay = {
  has: 'the share of its pod',
  spec: { steps: [{ weight: 33, bake: '1h' }] },
  part: 'some',
};

/** Headers of testers. */
export const TESTERS: Headers = { 'x-tester': 'yes' };
/** What chooses them. */
export const MATCH = [{ headers: { 'x-tester': { exact: 'yes' } } }];

export const AT_A_MATCH: Stay = {
  has: 'the testers',
  spec: { steps: [{ match: MATCH, bake: '1h' }, { weight: 25 }] },
  headers: TESTERS,
  part: 100,
};

export const AT_A_MIRROR: Stay = {
  has: 'copies of a half',
  spec: { steps: [{ mirror: 50, bake: '1h' }, { weight: 25 }] },
  part: 'copies',
};

export const SWITCHED: Stay = {
  has: 'all traffic, beside the old pods',
  spec: { ...LONG, steps: undefined, blueGreen: { scaleDownDelay: '1h' } },
  part: 100,
};

export const IN_A_TEST: Stay = {
  has: 'its half of a test',
  spec: { ...LONG, steps: undefined, abTest: { weight: 50, for: '1h' } },
  part: 50,
};

interface Portion {
  /** When it was written, epoch milliseconds. */
  readonly at: number;
  readonly isNone: boolean;
  readonly isWhole: boolean;
}

/** What a version has now of what a stay is about. */
function portionOf(scene: Scene, pushed: Pushed, { headers, part }: Stay): Portion | null {
  if (part === 'copies') {
    const last = statusesOf(scene, pushed).at(-1);
    const copies = (last?.status.mirror ?? 0) > 0;
    return last === undefined ? null : { at: last.at, isNone: !copies, isWhole: copies };
  }
  const last = levelsSoFar(scene, [pushed.version], headers).at(-1);
  const { percent, by } = shareAt(last, pushed.version);
  const isWhole = part === 'some' ? percent > 0 : by === 'weight' && percent === part;
  return last === undefined ? null : { at: last.at, isNone: percent === 0, isWhole };
}

/** Waits until a version has its part, or nothing, by what was written since a moment. */
export function untilPart(
  scene: Scene,
  pushed: Pushed,
  stay: Stay,
  { has, since = 0 }: { readonly has: 'all' | 'nothing'; readonly since?: number },
): Promise<unknown> {
  const { version } = pushed;
  return until(
    `${version} has ${has === 'all' ? stay.has : 'nothing'}`,
    () => {
      const portion = portionOf(scene, pushed, stay);
      if (portion === null || portion.at < since) return false;
      return has === 'all' ? portion.isWhole : portion.isNone;
    },
    LONGEST,
  );
}

/** Waits until the release has ended, and rejects unless it ended so. */
export async function endOf({ site }: Scene, pushed: Pushed, phase: Phase): Promise<void> {
  const { status } = await site.untilEnded(pushed);
  if (status?.phase === phase) return;
  throw new Error(
    `${pushed.version} ended ${status?.phase}, not ${phase}: ${status?.reason}: ${status?.message}`,
  );
}

/** Pushes v2 and waits until it is judged there, with enough requests to know the share. */
export async function stays(scene: Scene, stay: Stay): Promise<Pushed> {
  const pushed = await scene.push('v2');
  await scene.site.untilIn(pushed, 'Stepping', 'Analysing');
  await untilPart(scene, pushed, stay, { has: 'all' });
  await scene.site.traffic(AFTER_MS);
  return pushed;
}

/** Aborts as a person does, and waits until everything is as before. */
export async function abortAndClose(scene: Scene, pushed: Pushed): Promise<void> {
  await scene.site.act(pushed, { abort: { reason: 'it was only a test' } });
  await endOf(scene, pushed, 'Aborted');
}
