import { NAME, NAMESPACE } from './fixtures.ts';
import type { Witness } from './invariants.ts';
import { handsOf } from './other-hands.ts';
import type { World } from './world.ts';

/** Time that controller and proxies take for a way that comes in mid-release. */
const NOTICE_MS = 2_500;

/** Somebody routes to the pods with another route. */
export function addVirtualService(world: World, witness: Witness, name = 'inner', host = NAME): void {
  witness.noticedAt = Math.max(witness.noticedAt, world.now + NOTICE_MS + (world.options.routing.lagMs ?? 0));
  handsOf(world).addRoute(world.cluster, name, host);
}

/** Somebody makes a Service over the same pods. */
export function addService(world: World, name = 'grpc', selector: object = { app: NAME }): void {
  if (world.cluster.get('Service', NAMESPACE, name) !== null) return;
  const metadata = { name, namespace: NAMESPACE };
  world.cluster.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { selector } });
}

/** Somebody takes that route away. */
export const removeVirtualService = (world: World): void =>
  handsOf(world).removeRoute(world.cluster, 'inner');

/** A team that calls the Service writes in its own namespace what its clients follow in place of ours. */
export function addClientRule(world: World, witness: Witness): void {
  // Routes are restored for these clients, at once and whatever the canary's pods do.
  witness.openUntil = world.now + 30_000;
  handsOf(world).addClientRule(world.cluster);
}

/** That team takes it away. */
export const removeClientRule = (world: World): void => handsOf(world).removeClientRule(world.cluster);
