import type { Pushed } from '../../hack/testbed/site.ts';
import type { Phase } from '../../src/api/release/places.ts';
import type { Scene } from './play.ts';
import { untilWeight } from './release-history.ts';

/** Requests are sent for so long before and after what happens, so that it shows in the shares. */
export const AFTER_MS = 2_500;

const staying = (weight: number): object => ({ steps: [{ weight, bake: '1h' }] });
/** The canary gets a quarter, and stays there until a person acts. */
export const AT_A_QUARTER = staying(25);
/** The canary gets a half, and stays there until a person acts. */
export const AT_A_HALF = staying(50);

/** Waits until the release has ended, and rejects unless it ended so. */
export async function endOf({ site }: Scene, pushed: Pushed, phase: Phase): Promise<void> {
  const { status } = await site.untilEnded(pushed);
  if (status?.phase === phase) return;
  throw new Error(
    `${pushed.version} ended ${status?.phase}, not ${phase}: ${status?.reason}: ${status?.message}`,
  );
}

/** Pushes v2 and waits until it is judged at this weight, with enough requests to know the share. */
export async function staysAt(scene: Scene, weight: number): Promise<Pushed> {
  const pushed = await scene.push('v2');
  await scene.site.untilIn(pushed, 'Stepping', 'Analysing');
  await untilWeight(scene, 'v2', weight);
  await scene.site.traffic(AFTER_MS);
  return pushed;
}

/** Aborts as a person does, and waits until everything is as before. */
export async function abortAndClose(scene: Scene, pushed: Pushed): Promise<void> {
  await scene.site.act(pushed, { abort: { reason: 'it was only a test' } });
  await endOf(scene, pushed, 'Aborted');
}
