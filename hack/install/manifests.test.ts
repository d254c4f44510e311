import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { applyManifests, type Kubectl } from './manifests.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = [
  'manifests/crds',
  'manifests/rbac',
  'manifests/admission',
  'manifests/controller',
  'analysis-templates',
];

function read(file: string): string {
  return readFileSync(`${ROOT}${file}`, 'utf8');
}

/** What a server of Kubernetes 1.36 says to anything. */
const done = { code: 0, stdout: '"mutatingadmissionpolicies"', stderr: '' };
const deaf: Kubectl = () =>
  Promise.resolve({ ...done, stdout: '{"sluice.dev/gate":"nobody","mutatingadmissionpolicies"}' });
const unexpected = { ...done, code: 1, stderr: 'asked too often' };
const unreachable: Kubectl = () => Promise.resolve({ ...done, code: 1, stderr: 'no route to host' });

describe('the kustomizations', () => {
  it.each(FOLDERS)('of %s lists every file', (folder) => {
    const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
    const files = readdirSync(`${ROOT}${folder}`).filter((file) => file.endsWith('.yaml'));
    expect(resources.toSorted()).toEqual(files.filter((file) => file !== 'kustomization.yaml').toSorted());
  });

  it('of manifests has all parts', () => {
    const { resources } = parse(read('manifests/kustomization.yaml')) as { resources: string[] };
    const parts = FOLDERS.filter((folder) => folder.startsWith('manifests/'));
    expect(resources).toEqual(parts.map((folder) => folder.replace('manifests/', '')));
    expect(resources.every((one) => existsSync(`${ROOT}manifests/${one}/kustomization.yaml`))).toBe(true);
  });
});

describe('the component of the Gateway API', () => {
  const folder = 'manifests/components/gateway-api';
  type Role = { rules: { resources: string[]; verbs: string[] }[] };
  const roleIn = (file: string): Role =>
    parseAllDocuments(read(file))
      .map((one) => one.toJS() as Role & { kind: string })
      .find(({ kind }) => kind === 'ClusterRole') ?? { rules: [] };
  const verbs = ({ rules }: Role): string[] =>
    rules.filter(({ resources }) => resources.includes('services')).flatMap((one) => one.verbs);

  it('alone lets the controller write Services', () => {
    const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
    expect(resources).toEqual(['role.yaml']);
    expect(verbs(roleIn(`${folder}/role.yaml`))).toEqual(['create', 'patch', 'delete']);
    expect(verbs(roleIn('manifests/rbac/controller.yaml'))).toEqual(['get', 'list', 'watch']);
  });

  it('is the file that the chart has', () => {
    expect(read('manifests/chart/files/gateway-api/role.yaml')).toBe(read(`${folder}/role.yaml`));
  });
});

describe('the component of the network policy', () => {
  const folder = 'manifests/components/webhook-network-policy';

  it('bounds the port of the webhook alone, on the pods of the controller', () => {
    const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
    expect(resources).toEqual(['network-policy.yaml']);
    const { spec } = parse(read(`${folder}/network-policy.yaml`)) as {
      spec: {
        podSelector: { matchLabels: object };
        ingress: { from?: object[]; ports: { port: number; endPort?: number }[] }[];
      };
    };
    const { spec: deployment } = parseAllDocuments(read('manifests/controller/deployment.yaml'))
      .map((one) => one.toJS())
      .find(({ kind }) => kind === 'Deployment');
    expect(spec.podSelector.matchLabels).toEqual(deployment.selector.matchLabels);
    const { value } = parse(read('manifests/components/webhook/controller.yaml'))[1] as {
      value: { containerPort: number };
    };
    const lets = (ports: (typeof spec.ingress)[0]['ports']): boolean =>
      ports.some(({ port, endPort = port }) => port <= value.containerPort && value.containerPort <= endPort);
    expect(spec.ingress.filter(({ ports }) => lets(ports)).map(({ from }) => from?.length)).toEqual([2]);
  });
});

describe('the component of the webhook', () => {
  const folder = 'manifests/components/webhook';
  const { resources, patches } = parse(read(`${folder}/kustomization.yaml`)) as {
    resources: string[];
    patches: { path: string }[];
  };

  it('lists every file', () => {
    const files = readdirSync(`${ROOT}${folder}`).filter((file) => file !== 'kustomization.yaml');
    expect([...resources, ...patches.map(({ path }) => path)].toSorted()).toEqual(files.toSorted());
  });

  it('takes away every mutating policy and its binding, and asks for each of them', () => {
    const mutating = readdirSync(`${ROOT}manifests/admission`)
      .flatMap((file) => parseAllDocuments(read(`manifests/admission/${file}`)).map((one) => one.toJS()))
      .filter(({ kind }) => kind.startsWith('Mutating'))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const removed = parseAllDocuments(read(`${folder}/without-policies.yaml`)).map((one) => one.toJS());
    expect(removed.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual(
      mutating.toSorted(),
    );
    const webhooks = parseAllDocuments(read(`${folder}/webhook.yaml`)).map((one) => one.toJS())[0]?.webhooks;
    const paths = webhooks.map((one: { clientConfig: { service: { path: string } } }) =>
      one.clientConfig.service.path.replace('/admit/', 'sluice-'),
    );
    expect(new Set(paths)).toEqual(new Set(removed.map(({ metadata }) => metadata.name)));
  });
});

describe('the manifests', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `${folder}/${file}`),
  );
  const objects = files.flatMap((file) => parseAllDocuments(read(file)).map((one) => one.toJS()));

  const named = (kind: string) => objects.filter((one) => one.kind === kind);

  it('bind every policy and every role that is the controller’s', () => {
    const policies = [...named('MutatingAdmissionPolicy'), ...named('ValidatingAdmissionPolicy')];
    const bindings = [
      ...named('MutatingAdmissionPolicyBinding'),
      ...named('ValidatingAdmissionPolicyBinding'),
    ];
    expect(bindings.map((one) => one.spec.policyName)).toEqual(policies.map((one) => one.metadata.name));
  });

  it('never grant everything', () => {
    const roles = objects.filter((one) => one.kind === 'ClusterRole' || one.kind === 'Role');
    expect(roles.length).toBeGreaterThan(3);
    expect(JSON.stringify(roles)).not.toContain('"*"');
    expect(JSON.stringify(objects)).not.toContain('cluster-admin');
  });
});

describe('the manifests of one command', () => {
  it.each(['manifests', 'analysis-templates'])('%s have no object of a kind that they define', (folder) => {
    const files = readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' });
    const parts = FOLDERS.map((one) => one.replace(`${folder}/`, ''));
    const objects = files
      .filter((file) => file.endsWith('.yaml') && (file === basename(file) || parts.includes(dirname(file))))
      .flatMap((file) => parseAllDocuments(read(`${folder}/${file}`)).map((one) => one.toJS()));
    const defined = objects.flatMap(({ kind, spec }) =>
      kind === 'CustomResourceDefinition' ? [spec.names.kind] : [],
    );
    expect(objects.length).toBeGreaterThan(3);
    expect(objects.filter(({ kind }) => defined.includes(kind))).toEqual([]);
  });
});

describe('applyManifests', () => {
  it('applies CRDs first and waits until they are served', async () => {
    const calls: string[] = [];
    const kubectl: Kubectl = (args) => {
      calls.push(args.join(' ').replaceAll(ROOT, ''));
      return Promise.resolve(done);
    };
    await applyManifests(kubectl, { controller: false });
    expect(calls[0]).toBe('apply -k manifests/crds');
    expect(calls[1]).toMatch(/^wait --for=condition=Established .*crd\/clusteranalysistemplates.sluice.dev$/);
    expect(calls.slice(2)).toEqual([
      'get --raw /apis/admissionregistration.k8s.io/v1',
      'apply -k hack/install/routers',
      'apply -k manifests/admission',
      'apply -k analysis-templates',
      expect.stringMatching(/^create --dry-run=server/),
    ]);
  });

  it('waits on when a CRD has no conditions yet', async () => {
    const early = {
      ...done,
      code: 1,
      stderr: 'error: .status.conditions accessor error: <nil> is of the type',
    };
    const answers = [early, early, done];
    const kubectl: Kubectl = ([verb]) =>
      Promise.resolve(verb === 'wait' ? (answers.shift() ?? unexpected) : done);
    await applyManifests(kubectl);
    expect(answers).toEqual([]);
  });

  it('waits until the policies are in force', async () => {
    const answers = ['{"sluice.dev/gate":"nobody"}', '{"sluice.dev/gate":"nobody"}', ''];
    const kubectl: Kubectl = ([verb]) =>
      Promise.resolve({
        ...done,
        ...(verb === 'create' && { stdout: answers.shift() ?? 'asked too often' }),
      });
    await applyManifests(kubectl);
    expect(answers).toEqual([]);
  });

  it('puts the webhook in place of policies that the server does not know', async () => {
    const calls: string[] = [];
    const kubectl: Kubectl = ([verb, ...args]) => {
      calls.push([verb, ...args].join(' ').replaceAll(ROOT, ''));
      const policy = 'kind: MutatingWebhookConfiguration\n---\nkind: Deployment';
      return Promise.resolve({ ...done, stdout: verb === 'kustomize' ? policy : '' });
    };
    await applyManifests(kubectl, { controller: false });
    expect(calls.slice(3)).toEqual([
      'apply -k hack/install/routers',
      'kustomize hack/install/webhook',
      'apply -f -',
      'apply -k analysis-templates',
    ]);
    calls.length = 0;
    await applyManifests(kubectl);
    expect(calls[4]).toBe('apply -k hack/install/webhook');
  });

  it('fails on a server that does not ask its policies', async () => {
    await expect(applyManifests(deaf)).rejects.toThrow('needs Kubernetes 1.36 or newer');
  });

  it('tells what kubectl said', async () => {
    await expect(applyManifests(unreachable)).rejects.toThrow('no route to host');
  });
});

describe('every manifest', () => {
  const files = globSync(['manifests/**/*.yaml', 'analysis-templates/*.yaml'], { cwd: ROOT }).filter(
    (file) => !file.includes('chart/'),
  );

  it.each(files)('%s is the same to kubectl, whose YAML takes off and no for booleans', (file) => {
    const text = read(file);
    const readAs = (version: '1.1' | '1.2') => parseAllDocuments(text, { version }).map((one) => one.toJS());
    expect(readAs('1.1')).toEqual(readAs('1.2'));
  });
});
