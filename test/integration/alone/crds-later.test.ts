import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ensureGatewayApiCrds } from '../../../hack/cluster/binaries/gateway-api-crds.ts';
import { moduleDirectory } from '../../../hack/cluster/binaries/go-build.ts';
import { goPrograms } from '../../../hack/cluster/binaries/pins.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { conditionOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { answer } from '../../conformance/gateway-world.ts';
import { type Client, createClient } from '../kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'crds-later' });
const kubectl = createClient(access);

const ROUTES = ['httproutes', 'grpcroutes'].map((kind) => `${kind}.gateway.networking.k8s.io`);
const POOLS = 'inferencepools.inference.networking.k8s.io';
/** A Gateway that no controller of the cluster has: what it says is written here. */
const PARENT = { name: 'elsewhere' };

async function poolDefinition(): Promise<string> {
  const { Dir } = await moduleDirectory(goPrograms.endpointPicker.module);
  return readFile(join(Dir, 'config/crd/bases/inference.networking.k8s.io_inferencepools.yaml'), 'utf8');
}

/** Installs definitions, and waits until the API server serves them. */
async function install(definitions: string, ...names: readonly string[]): Promise<void> {
  await kubectl.ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], definitions);
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (const name of names)
    await kubectl.ok(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=30s']);
}

/** Until the Rollout gates, or says why not. */
async function untilReady({ api }: Site, rollout: string, reason: string): Promise<string> {
  return until(`Rollout ${rollout} says ${reason}`, async () => {
    const ready = conditionOf(await api.get('Rollout', rollout), 'Ready');
    return ready?.reason === reason && ready.message;
  });
}

/** A route to a backend whose parent accepts it, as its controller says. */
async function accept(own: Client, name: string, backend: object): Promise<void> {
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: { parentRefs: [PARENT], rules: [{ backendRefs: [backend] }] },
  };
  await own.ok(['apply', '--server-side', '-f', '-'], JSON.stringify(route));
  const now = { lastTransitionTime: new Date().toISOString() };
  const status = { parents: [answer(PARENT, { Accepted: 'True', ResolvedRefs: 'True' }, now)] };
  const patch = JSON.stringify({ status });
  await own.ok(['patch', 'httproute', name, '--subresource=status', '--type=merge', '-p', patch]);
}

describe('kinds that are installed after the controller has started', () => {
  beforeAll(async () => {
    await kubectl.ok(['delete', 'crd', '--ignore-not-found', ...ROUTES, POOLS]);
    await controller.start();
  });
  afterAll(async () => {
    await install(await readFile(await ensureGatewayApiCrds(() => {}), 'utf8'), ...ROUTES);
    await kubectl.run(['delete', 'crd', '--ignore-not-found', POOLS]);
    await controller.stop();
  });

  it('are named while they are missing, and noticed once they come', async () => {
    await onSite(access, { rate: 0, replicas: 1 }, async (site) => {
      const own = kubectl.with('--namespace', site.namespace);
      await site.api.create(quickRollout('policy', { traffic: { gatewayAPI: {} } }));
      expect(await untilReady(site, 'policy', 'NoRouteToService')).toContain(
        'the CRDs of the Gateway API must be installed',
      );

      await install(await readFile(await ensureGatewayApiCrds(() => {}), 'utf8'), ...ROUTES);
      await accept(own, MODEL, { name: MODEL, port: 80 });
      await site.untilGated('policy');
      await site.api.remove('Rollout', 'policy');

      const pickers = { stable: 'stable-epp', canary: 'canary-epp' };
      const traffic = { gatewayAPI: { inferencePool: MODEL, pickers } };
      await site.api.create(quickRollout('pooled', { traffic }));
      expect(await untilReady(site, 'pooled', 'InferencePoolNotFound')).toContain('its CRD');

      await install(await poolDefinition(), POOLS);
      const pool = {
        apiVersion: 'inference.networking.k8s.io/v1',
        kind: 'InferencePool',
        metadata: { name: MODEL },
        spec: {
          selector: { matchLabels: { app: MODEL } },
          targetPorts: [{ number: 8080 }],
          endpointPickerRef: { name: 'user-epp', port: { number: 9002 } },
        },
      };
      await own.ok(['apply', '--server-side', '-f', '-'], JSON.stringify(pool));
      await accept(own, MODEL, { group: 'inference.networking.k8s.io', kind: 'InferencePool', name: MODEL });
      expect(await untilReady(site, 'pooled', 'PickerUnfit')).toContain('stable-epp');

      const ports = [{ name: 'grpc', port: 9002 }];
      const services = ['user-epp', ...Object.values(pickers)].map((name) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { selector: { app: name }, ports },
      }));
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (const one of services) await site.api.create(one);
      await site.untilGated('pooled');
    });
  });
});
