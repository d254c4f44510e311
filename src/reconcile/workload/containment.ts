import { ifUnchanged } from '../../api/values/json-patch.ts';
import { SluiceError } from '../../errors.ts';
import type { Store, Writer } from '../../ports/cluster.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import type { Containment, RolloutObservation } from '../../release/rollout/rollout-observation.ts';
import { asidePatch, isAside, returnPatch, stableReplicaSet } from '../../release/rollout/set-aside.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { replicaSetsOf } from '../read/workloads.ts';

/** How soon a refused write is retried: stable may have no pods in the meantime. */
const AGAIN_MS = 5_000;

/** The result: what the API server refuses, and when to try again. */
interface Contained {
  readonly refused: Problem | null;
  readonly againAt?: number;
}

/** Writes nothing if the Deployment has changed since this was decided: its hold may have ended. */
async function write(
  writer: Writer,
  deployment: ObservedDeployment,
  { rollout, owned, aside }: RolloutObservation,
  { setAside, giveBack, remove, make }: Containment,
): Promise<void> {
  await writer.patch(deployment.object, [ifUnchanged(deployment.object)], 'status');
  for (const set of setAside) await writer.patch(set.object, asidePatch(set, deployment, rollout));
  if (make !== null) await writer.create(stableReplicaSet(make, deployment, [...owned, ...aside]));
  for (const set of giveBack) await writer.patch(set.object, returnPatch(set, deployment));
  for (const set of remove) await writer.remove(set.object);
}

/** Keeps anything but stable from serving while the Deployment is held. Refused writes are reported and retried. */
export async function contain(
  { writer }: { readonly writer: Writer },
  observation: RolloutObservation,
  containment: Containment,
): Promise<Contained> {
  const { deployment, now } = observation;
  const { setAside, giveBack, remove, make } = containment;
  const isIdle = [...setAside, ...giveBack, ...remove].length === 0 && make === null;
  if (deployment === null || isIdle) return { refused: null };
  try {
    await write(writer, deployment, observation, containment);
    return { refused: null };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.retry !== 'terminal') throw error;
    return { refused: refusal(deployment, containment, error), againAt: now + AGAIN_MS };
  }
}

function refusal({ name }: ObservedDeployment, { make }: Containment, { message }: SluiceError): Problem {
  const what =
    make === null ? 'its ReplicaSets cannot be changed' : `ReplicaSet ${make.name} of stable cannot be made`;
  return {
    reason: make === null ? 'ContainmentRefused' : 'StableNotRestored',
    message: `Deployment ${name} is held, and ${what}: ${message}`.slice(0, 1_000),
  };
}

/** Returns ReplicaSets that were set aside to a Deployment that Sluice no longer holds. */
export async function giveBackAside(
  { store, writer }: { readonly store: Store; readonly writer: Writer },
  deployment: ObservedDeployment,
): Promise<void> {
  for (const set of replicaSetsOf(store, deployment.object.metadata.namespace ?? ''))
    if (isAside(set, deployment)) await writer.patch(set.object, returnPatch(set, deployment));
}
