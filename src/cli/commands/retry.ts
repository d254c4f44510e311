import { RETRY } from '../../api/annotations.ts';
import type { Rollout } from '../../api/rollout.ts';
import { RESOURCES } from '../../kubernetes/resource.ts';
import { Fault } from '../fault.ts';
import { say } from '../output.ts';
import { findRelease, readScene, type Scene } from '../scene.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { isOver } from '../standing.ts';

/** The Rollout whose newest release is to be tried again; refuses where there is nothing to try again. */
export function rolloutToRetry(scene: Scene, name: string | undefined): Rollout {
  const { rollout, release } = findRelease(scene, name);
  if (rollout === null) throw new Fault('the Rollout of this Release is gone');
  if (release !== null && !isOver(release))
    throw new Fault(`Release ${release.metadata.name} is under way (${release.status?.phase ?? 'Pending'})`, {
      next: ['wait for its end, or end it: sluice abort'],
    });
  if (rollout.status?.tried !== undefined) return rollout;
  throw new Fault(
    `Rollout ${rollout.metadata.name} has nothing to try again: what its Deployment holds serves`,
    {
      next: ['a release begins when the pod template of the Deployment changes'],
    },
  );
}

/** `sluice retry [NAME]`. */
export async function run(name: string | undefined, flags: ClusterFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const { metadata, status } = rolloutToRetry(await readScene(session), name);
    const token = new Date().toISOString();
    const place = { namespace: metadata.namespace, name: metadata.name };
    await session.client.patch(RESOURCES.Rollout, place, 'merge', {
      metadata: { annotations: { [RETRY]: token } },
    });
    say(`revision ${status?.tried} is tried again. Watch it: sluice status ${metadata.name} -w`);
  });
}
