import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  replacePolicies,
  restorePolicies,
  servesPolicies,
  untilInForce,
} from '../../../hack/install/manifests.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { until } from '../../../hack/testbed/until.ts';
import { GATE } from '../../../src/api/annotations/annotations.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { holdCases } from '../admission-cases.ts';
import { createClient } from '../kubectl.ts';
import { releaseManifest } from '../objects.ts';
import { releaseCases } from '../release-admission-cases.ts';
import { shortcutCases } from '../release-shortcut-cases.ts';

const access = inject('access');
const root = createClient(access);
const system = root.with('-n', 'sluice-system');

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

const bundles = async (): Promise<(string | undefined)[]> => {
  const found = (await root.get('mutatingwebhookconfiguration', 'sluice')) as KubeObject & Configuration;
  return found.webhooks.map(({ clientConfig }) => clientConfig.caBundle);
};
const secretOf = async (): Promise<Record<string, string>> =>
  ((await system.get('secret', 'sluice-webhook'))['data'] ?? {}) as Record<string, string>;

const deployment = (name: string, annotations: object = {}): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, annotations },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'server', image: 'v1' }] },
      },
    },
  });

const merge = (spec: object): string[] => [
  'patch',
  'release',
  'release',
  '--type=merge',
  '-p',
  JSON.stringify({ spec }),
];

const abort = (by: object) => merge({ abort: { reason: 'wrong model', ...by } });

/** An address that pods of the local cluster do not have. */
const ADDRESS = '10.244.255.60';

/** The controller is no pod here, so its endpoint is written by hand. */
const ENDPOINT = JSON.stringify({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'sluice-webhook-test', labels: { 'kubernetes.io/service-name': 'sluice-webhook' } },
  addressType: 'IPv4',
  ports: [{ name: 'webhook', port: 9443, protocol: 'TCP' }],
  endpoints: [{ addresses: [ADDRESS], conditions: { ready: true } }],
});

/** Watches no namespace of the tests, so that it does not act on their objects. */
const replica = (name: string) =>
  createController(access, {
    name,
    flags: [`--webhook-address=${ADDRESS}:9443`, '--namespaces=sluice-system'],
  });

describe('with the webhook in place of the mutating policies', () => {
  let controller = replica('webhook');

  beforeAll(async () => {
    await replacePolicies(root.run);
    await system.ok(['create', '-f', '-'], ENDPOINT);
    await controller.start();
    await untilInForce(root.run);
  });

  afterAll(async () => {
    await controller.stop();
    await system.ok(['delete', 'endpointslice', 'sluice-webhook-test']);
    await restorePolicies(root.run);
  });

  it('no mutating policy is left', async () => {
    if (!(await servesPolicies(root.run))) return;
    const kinds = 'mutatingadmissionpolicies,mutatingadmissionpolicybindings';
    expect((await root.ok(['get', kinds, '-o', 'name'])).trim()).toBe('');
  });

  describe('a Deployment', () => {
    holdCases();
  });
  describe('a Release', () => {
    releaseCases();
  });
  describe('a short cut', () => {
    shortcutCases();
  });

  it('a bundle that was lost is put back, and a Secret that was emptied is filled, and it continues', async () => {
    const [before] = await bundles();
    const lost = JSON.stringify([{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }]);
    await root.ok(['patch', 'mutatingwebhookconfiguration', 'sluice', '--type=json', '-p', lost]);
    await until('the bundle is back', async () => (await bundles())[0] === before);
    await untilInForce(root.run);

    await system.ok([
      'patch',
      'secret',
      'sluice-webhook',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/data"}]',
    ]);
    await until('all trust a new authority', async () => {
      const all = await bundles();
      return all.every((one) => one !== undefined && one !== before && one === all[0]);
    });
    expect((await secretOf())['ca.crt']).toBe((await bundles())[0]);
    await untilInForce(root.run);
  });

  it('a second replica serves the same certificate', async () => {
    const before = await secretOf();
    await controller.stop();
    controller = replica('webhook-2');
    await controller.start();
    await untilInForce(root.run);
    expect(await secretOf()).toEqual(before);
  });

  it('while nobody answers, only what would go past the gate is refused', async () => {
    const namespace = `webhook-${process.pid}`;
    await root.ok(['create', 'namespace', namespace]);
    const own = root.with('-n', namespace);
    const sluice = own.with('--as', 'system:serviceaccount:sluice-system:sluice');
    const change = ['set', 'image', 'deployment/gated', 'server=v2'];
    await own.ok(['create', '-f', '-'], deployment('gated'));
    await own.ok(['create', '-f', '-'], deployment('free'));
    await sluice.ok(['annotate', 'deployment/gated', `${GATE}=gated`]);
    await controller.stop();

    expect(await own.refused(change)).toContain('failed calling webhook "hold.sluice.dev"');
    await own.ok(['set', 'image', 'deployment/free', 'server=v2']);
    await own.ok(['create', '-f', '-'], deployment('newcomer', { 'sluice.dev/rollout': 'true' }));
    await own.ok(['scale', 'deployment/gated', '--replicas=1']);
    await own.ok(['label', 'deployment/gated', 'team=search']);
    await system.ok(['create', '-f', '-'], deployment('webhook-probe', { [GATE]: 'pretends' }));
    await system.ok(['delete', 'deployment', 'webhook-probe']);
    await own.ok(['annotate', 'deployment/gated', 'sluice.dev/rollout=off']);
    await own.ok(change);
    await own.ok(['delete', 'deployment', 'gated', '--cascade=foreground']);

    const edith = own.with('--as', 'edith');
    await own.ok(['create', 'rolebinding', 'edith', '--clusterrole=edit', '--user=edith']);
    await sluice.ok(['create', '-f', '-'], releaseManifest('release'));
    expect(await edith.refused(abort({}))).toContain('Without it write your own name');
    expect(await edith.refused(abort({ by: 'the boss' }))).toContain('Without it write your own name');
    await edith.ok(abort({ by: 'edith' }));
    await root.ok(['delete', 'namespace', namespace, '--wait=false']);
  });
});
