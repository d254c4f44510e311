import type { KubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { isCode } from '../../../src/adapters/kubernetes/failure.ts';
import { RESOURCES } from '../../../src/adapters/kubernetes/resource.ts';
import type { Clock } from '../../../src/clock.ts';
import { isReady, LEASE_SECONDS, leaseObject, type NodeSpec, nodeObject, nodeStatus } from './node-object.ts';

export interface HeartbeatDeps {
  readonly client: KubeClient;
  readonly spec: NodeSpec;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly warn: (fields: object, message: string) => void;
}

/** A quarter of the lease, as a kubelet does. */
const RENEW_MS = (LEASE_SECONDS * 1_000) / 4;
const RETRY_MS = 1_000;

/** Sees to it that the Node exists and says that it is ready; returns its uid. */
async function assertNode({ client, spec, clock }: HeartbeatDeps, isFirst: boolean): Promise<string> {
  const node =
    (await client.get(RESOURCES.Node, { name: spec.name })) ??
    (await client.create(RESOURCES.Node, nodeObject(spec, clock.now())));
  if (isFirst || !isReady(node)) {
    const status = nodeStatus(spec, clock.now());
    await client.patch(RESOURCES.Node, { name: spec.name, subresource: 'status' }, 'merge', { status });
  }
  return node.metadata.uid ?? '';
}

async function renewLease({ client, spec, clock }: HeartbeatDeps, nodeUid: string): Promise<void> {
  const lease = leaseObject(spec.name, nodeUid, clock.now());
  const place = { namespace: 'kube-node-lease', name: spec.name };
  await client
    .patch(RESOURCES.Lease, place, 'merge', { spec: lease['spec'] })
    .catch(async (error: unknown) => {
      if (!isCode(error, 'KUBERNETES_NOT_FOUND')) throw error;
      await client.create(RESOURCES.Lease, lease);
    });
}

/**
 * Registers the node and keeps it alive until the signal is aborted: a Lease every 2 s, and the Node's Ready condition
 * corrected if the control plane has declared the node lost (a stopped agent, an API server that was down).
 */
export async function keepNode(
  deps: HeartbeatDeps,
  onRegistered: () => void,
  signal: AbortSignal,
): Promise<void> {
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await renewLease(deps, await assertNode(deps, isFirst));
      if (isFirst) onRegistered();
      isFirst = false;
      await deps.sleep(RENEW_MS, signal);
    } catch (error) {
      deps.warn({ err: error }, 'node not renewed; trying again');
      await deps.sleep(RETRY_MS, signal);
    }
  }
}
