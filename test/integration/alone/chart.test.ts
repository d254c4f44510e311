import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findPart } from '../../../hack/cluster/binaries/optional-parts.ts';
import { attempt, type Outcome } from '../../../hack/cluster/process/command.ts';
import { applyManifests, untilInForce } from '../../../hack/install/manifests.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { newCredential } from '../../../hack/testbed/credential.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const root = createClient(access);
const CHART = fileURLToPath(new URL('../../../manifests/chart', import.meta.url));
const NAMESPACE = 'sluice-system';
let program = '';
let home = '';

beforeAll(async () => {
  // `hack/test` builds it before: there is no network here.
  program = (await findPart('helm'))?.program ?? '';
  home = await mkdtemp(join(tmpdir(), 'sluice-helm-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const helm = (...args: string[]): Promise<Outcome> =>
  attempt(program, args, {
    env: { PATH: process.env['PATH'], HOME: home, KUBECONFIG: access.kubeconfig },
    timeoutMs: 180_000,
  });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(...args);
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

const objectsOf = (text: string): KubeObject[] =>
  parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
const keyOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const rendered = async (...values: string[]): Promise<KubeObject[]> =>
  objectsOf(await ok('template', 'sluice', CHART, '-n', NAMESPACE, '--kube-version=1.37', ...values));
const kinds = (objects: readonly KubeObject[]): string[] => [
  ...new Set(objects.map(({ kind }) => kind ?? '')),
];

/** What Helm adds to an object. */
function withoutHelm(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(([name]) => !name.startsWith('helm.sh/'));
  return {
    ...object,
    metadata: kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) },
  };
}

/** kustomize folds long lines its own way, with one more line break; in an expression that means nothing. */
const unfolded = (object: KubeObject): unknown =>
  JSON.parse(JSON.stringify(object).replaceAll(String.raw`\n\n`, String.raw`\n`));
const byKey = (objects: readonly KubeObject[]) =>
  Object.fromEntries(objects.map((object) => [keyOf(object), unfolded(withoutHelm(object))]));

interface Container {
  readonly args: readonly string[];
  readonly volumeMounts: readonly { readonly name: string }[];
  readonly readinessProbe: object;
}
const containerOf = (deployment: object | undefined): Container =>
  (deployment as { spec: { template: { spec: { containers: [Container] } } } }).spec.template.spec
    .containers[0];

/** What the chart installs of the pages for people. */
const pagesIn = async (...values: string[]): Promise<KubeObject[]> =>
  (await rendered('--set=admission=policies', ...values)).filter(({ metadata }) =>
    metadata.name.startsWith('sluice-dashboard'),
  );

describe('the chart', () => {
  it('is valid by its own checks', async () => {
    expect(await ok('lint', CHART, '--strict')).toContain('0 chart(s) failed');
  });

  it('installs what the manifests do', async () => {
    const plain = objectsOf(
      (
        await Promise.all(['manifests', 'analysis-templates'].map((path) => root.ok(['kustomize', path])))
      ).join('\n---\n'),
    ).filter(({ kind }) => kind !== 'Namespace');
    const chart = await rendered('--set=admission=policies');
    expect(byKey(chart)).toEqual(byKey(plain));
  });

  it('lets the controller write Services with gatewayAPI, as the component does', async () => {
    const name = 'sluice-gateway-api';
    const named = (objects: readonly KubeObject[]) =>
      objects.filter(({ metadata }) => metadata.name === name);
    const plain = named(objectsOf(await root.ok(['kustomize', 'hack/install/routers'])));
    expect(plain.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    expect(byKey(named(await rendered('--set=gatewayAPI=true')))).toEqual(byKey(plain));
    const local = named(await rendered('--set=gatewayAPI=true,namespaces={ml}'));
    expect(local.map(keyOf)).toEqual([`Role ml/${name}`, `RoleBinding ml/${name}`]);
  });

  it('takes the webhook where the API server has no mutating policies', async () => {
    const webhook = await rendered('--set=admission=webhook', '--set=webhookFrom={10.0.0.5/32}');
    expect(kinds(webhook)).toContain('MutatingWebhookConfiguration');
    expect(kinds(webhook)).toContain('NetworkPolicy');
    expect(kinds(webhook).filter((kind) => kind.startsWith('MutatingAdmissionPolicy'))).toEqual([]);
    const container = JSON.stringify(webhook.find(({ kind }) => kind === 'Deployment')?.['spec']);
    expect(container).toContain('SLUICE_WEBHOOK_ADDRESS');
    expect(kinds(await rendered('--set=admission=auto'))).toContain('MutatingWebhookConfiguration');
  });

  it('installs the pages for people as the component does, and only where they are wanted', async () => {
    const component = objectsOf(await root.ok(['kustomize', 'manifests/components/dashboard']));
    expect(await pagesIn()).toEqual([]);
    const plain = await pagesIn('--set=dashboard.enabled=true');
    const text = JSON.stringify(byKey(plain))
      .replace(/"sluice:[^"]*"/, '"sluice"')
      .replace('"imagePullPolicy":"IfNotPresent",', '');
    expect(JSON.parse(text)).toEqual(byKey(component));
  });

  it('gives the pages their provider, its secret, and a proxy in front', async () => {
    const objects = await rendered(
      '--set=dashboard.enabled=true,dashboard.behindProxy=true,dashboard.publicUrl=https://sluice.example.com',
      '--set=dashboard.oidc.issuer=https://login.example.com,dashboard.oidc.clientId=sluice',
      '--set=dashboard.oidc.clientSecret.name=oidc,dashboard.oidc.clientSecret.key=secret',
      '--set=dashboard.args={--session=8h},namespaces={ml,shop}',
    );
    const of = (kind: string): object | undefined =>
      objects.find((one) => one.kind === kind && one.metadata.name === 'sluice-dashboard');
    const { args, volumeMounts, readinessProbe } = containerOf(of('Deployment'));
    expect(args).toEqual([
      '--serve=:8443',
      '--api-server-ca=/etc/sluice/cluster/ca.crt',
      '--behind-proxy',
      '--public-url=https://sluice.example.com',
      '--oidc-issuer=https://login.example.com',
      '--oidc-client-id=sluice',
      '--oidc-client-secret-file=/etc/sluice/oidc/client-secret',
      '--namespaces=ml,shop',
      '--session=8h',
    ]);
    expect(volumeMounts.map(({ name }) => name)).toEqual(['cluster', 'oidc']);
    expect(readinessProbe).toMatchObject({ httpGet: { scheme: 'HTTP' } });
    expect(of('Service')).toMatchObject({ spec: { ports: [{ port: 80 }] } });
  });

  it('gives a controller of some namespaces no rights beyond them', async () => {
    const objects = await rendered('--set=namespaces={ml,shop}', '--set=admission=policies');
    expect(kinds(objects).filter((kind) => kind.startsWith('ClusterRole'))).toEqual([]);
    const role = objects.filter((one) => one.kind === 'Role' && one.metadata.name === 'sluice-controller');
    expect(role.map(({ metadata }) => metadata.namespace)).toEqual(['ml', 'shop']);
    const library = objects.filter(({ kind }) => kind === 'AnalysisTemplate');
    expect(library.length).toBeGreaterThan(30);
    expect(kinds(objects)).not.toContain('ClusterAnalysisTemplate');
    const included = library.flatMap(
      (one) => (one['spec'] as { templates?: { kind?: string }[] }).templates ?? [],
    );
    expect(new Set(included.map(({ kind }) => kind))).toEqual(new Set(['AnalysisTemplate']));
  });

  it.each([
    ['replcas=3', "additional properties 'replcas' not allowed"],
    ['admission=policy', "/admission'"],
    ['args={-v}', "/args/0'"],
    ['prometheusUrl=prometheus:9090', "/prometheusUrl'"],
    ['redisUrl=redis://:secret@redis:6379', "/redisUrl'"],
    ['namespaces={ML}', "/namespaces/0'"],
    ['replicas=0', "/replicas'"],
    ['dashboard.enable=true', "/dashboard'"],
    ['dashboard.oidc.issuer=https://login.example.com', '/dashboard/'],
    ['dashboard.oidc.clientSecret.name=oidc', "/dashboard/oidc/clientSecret'"],
    ['gatewayAPI=yes', "/gatewayAPI'"],
  ])('refuses %s and names the value', async (value, text) => {
    const { code, stderr } = await helm('template', 'sluice', CHART, `--set=${value}`);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });
});

const deployment = () => root.with('-n', NAMESPACE).get('deployment', 'sluice');
const exists = async (kind: string, name: string): Promise<boolean> =>
  (await root.run(['get', kind, name])).code === 0;

describe('on a cluster', () => {
  /** What these tests leave to those after them. */
  afterAll(async () => {
    await helm('uninstall', 'sluice', '-n', NAMESPACE);
    await applyManifests(root.run, { controller: false });
    const { kubeconfig } = await newCredential(access, 'chart');
    await copyFile(kubeconfig, access.controllerKubeconfig);
  }, 180_000);

  it('is installed, upgraded, rolled back and uninstalled; CRDs stay, and so do Rollouts', async () => {
    await root.ok(['delete', '-k', 'manifests', '--ignore-not-found', '--timeout=120s']);
    await ok('install', 'sluice', CHART, '-n', NAMESPACE, '--create-namespace', '--set=replicas=1');
    await untilInForce(root.run);
    expect(await exists('clusteranalysistemplates.sluice.dev', 'http-go')).toBe(true);
    await ok('upgrade', 'sluice', CHART, '-n', NAMESPACE, '--set=replicas=3,args={--log-level=debug}');
    expect(await deployment()).toMatchObject({ spec: { replicas: 3 } });
    await ok('rollback', 'sluice', '1', '-n', NAMESPACE);
    expect(await deployment()).toMatchObject({ spec: { replicas: 1 } });

    await root.ok(['delete', 'deployment', 'sluice', '-n', NAMESPACE]);
    const { kubeconfig } = await newCredential(access, 'by-chart');
    const controller = createController(access, { name: 'by-chart', kubeconfig });
    try {
      await onSite(access, { annotations: QUICK }, async (site) => {
        await controller.start();
        await site.untilGated();
        const v2 = await site.push('v2');
        await site.untilIn(v2, 'Stepping', 'Analysing');
        await ok('uninstall', 'sluice', '-n', NAMESPACE);
        expect(await exists('mutatingadmissionpolicy', 'sluice-hold')).toBe(false);
        expect(await exists('crd', 'rollouts.sluice.dev')).toBe(true);
        expect(await site.api.list('Rollout')).toHaveLength(1);
        // The next release takes its CRDs over; its ServiceAccount is another one, with other tokens.
        await ok('install', 'sluice', CHART, '-n', NAMESPACE, '--set=replicas=1');
        await root.ok(['delete', 'deployment', 'sluice', '-n', NAMESPACE]);
        await untilInForce(root.run);
        await controller.stop();
        const again = await newCredential(access, 'by-chart');
        await copyFile(again.kubeconfig, kubeconfig);
        await controller.start();
        expect((await site.untilEnded(v2)).status?.phase).toBe('Promoted');
      });
    } finally {
      await controller.stop();
    }
  });
});
