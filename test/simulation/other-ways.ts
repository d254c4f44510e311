import { NAME, NAMESPACE } from './fixtures.ts';
import type { Witness } from './invariants.ts';
import type { World } from './world.ts';

/** Time that controller and proxies take for a way that comes in mid-release. */
const NOTICE_MS = 2_500;
const CLIENTS = 'clients';

type Routing = 'Service' | 'VirtualService' | 'DestinationRule';

function create(
  world: World,
  kind: Routing,
  metadata: { readonly name: string; readonly namespace: string },
  spec: object,
): void {
  if (world.cluster.get(kind, metadata.namespace, metadata.name) !== null) return;
  const apiVersion = kind === 'Service' ? 'v1' : 'networking.istio.io/v1';
  world.cluster.create({ apiVersion, kind, metadata, spec });
}

/** The HTTP routes of another VirtualService to the pods. */
export function secondVirtualService(name: string, host = NAME): object {
  return { hosts: [name], http: [{ route: [{ destination: { host }, weight: 100 }] }] };
}

/** Somebody routes to the pods with another VirtualService. */
export function addVirtualService(world: World, witness: Witness, name = 'inner', host = NAME): void {
  witness.noticedAt = Math.max(witness.noticedAt, world.now + NOTICE_MS);
  create(world, 'VirtualService', { name, namespace: NAMESPACE }, secondVirtualService(name, host));
}

/** Somebody makes a Service over the same pods. */
export function addService(world: World, name = 'grpc', selector: object = { app: NAME }): void {
  create(world, 'Service', { name, namespace: NAMESPACE }, { selector });
}

/** Somebody takes that VirtualService away. */
export function removeVirtualService(world: World): void {
  if (world.cluster.get('VirtualService', NAMESPACE, 'inner') !== null)
    world.cluster.delete('VirtualService', NAMESPACE, 'inner');
}

/** A team that calls the Service makes a DestinationRule for it in its own namespace. */
export function addClientRule(world: World, witness: Witness): void {
  // Routes are restored for these clients, at once and whatever the canary's pods do.
  witness.openUntil = world.now + 30_000;
  const host = `${NAME}.${NAMESPACE}.svc.cluster.local`;
  create(world, 'DestinationRule', { name: 'model', namespace: CLIENTS }, { host });
}

/** That team takes it away. */
export function removeClientRule(world: World): void {
  if (world.cluster.get('DestinationRule', CLIENTS, 'model') !== null)
    world.cluster.delete('DestinationRule', CLIENTS, 'model');
}
