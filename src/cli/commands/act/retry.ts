import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import { RETRY } from '../../../api/annotations/annotations.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { isOver } from '../../../view/place.ts';
import { revisionOf } from '../../../workload/revision.ts';
import { observeDeployment } from '../../../workload/workload.ts';
import { CliError } from '../../cli-error.ts';
import { ifAllowed } from '../../follow.ts';
import { findRelease, type Inventory, readInventory } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { say } from '../../terminal/output.ts';

/** Refuses if the Deployment has another pod template by now: that starts a release by itself. */
export function checkHeld({ spec, status }: Rollout, deployment: KubeObject | null): void {
  if (deployment === null || observeDeployment(deployment, revisionOf).revision === status?.tried) return;
  throw new CliError(
    `Deployment ${spec.target.name} holds a different pod template from the rolled-back one (${status?.tried})`,
    { next: ['push the template to try again, then retry'] },
  );
}

/** The Rollout whose newest release should be retried; refuses if there is nothing to retry. */
export function rolloutToRetry(scene: Inventory, name: string | undefined): Rollout {
  const { rollout, release } = findRelease(scene, name);
  if (rollout === null) throw new CliError('the Rollout of this Release is gone');
  if (release !== null && !isOver(release))
    throw new CliError(
      `Release ${release.metadata.name} is under way (${release.status?.phase ?? 'Pending'})`,
      {
        next: ['wait for its end, or end it: sluice abort'],
      },
    );
  if (rollout.status?.tried !== undefined) return rollout;
  throw new CliError(
    `Rollout ${rollout.metadata.name} has nothing to try again: the pod template of its Deployment serves`,
    {
      next: ['a release begins when the pod template of the Deployment changes'],
    },
  );
}

/** `sluice retry [NAME]`. */
export async function run(name: string | undefined, flags: ClusterFlags): Promise<void> {
  await withSession(flags, async (session) => {
    const rollout = rolloutToRetry(await readInventory(session), name);
    const { metadata, spec, status } = rollout;
    const token = new Date().toISOString();
    const place = { namespace: metadata.namespace, name: metadata.name };
    const workload = session.client.get(RESOURCES.Deployment, { ...place, name: spec.target.name });
    checkHeld(rollout, await ifAllowed('Deployment', workload));
    await session.client.patch(RESOURCES.Rollout, place, 'merge', {
      metadata: { annotations: { [RETRY]: token } },
    });
    say(`revision ${status?.tried} is tried again. Watch it: sluice status ${metadata.name} -w`);
  });
}
