import { beforeAll, describe, expect, inject, it } from 'vitest';
import { applyManifests } from '../../../hack/install/manifests.ts';
import { createClient } from '../kubectl.ts';
import { releaseCases } from '../release-admission-cases.ts';
import { shortcutCases } from '../release-shortcut-cases.ts';

const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
/** Any; nothing is made in it. */
const NAMESPACE = 'default';
const root = createClient({ kubectl: inject('kubectl'), kubeconfig: inject('kubeconfig') });

beforeAll(() => applyManifests(root.run, { controller: false }));

describe('by the admission policies', () => {
  releaseCases();
});

describe('short cuts, by the admission policies', () => {
  shortcutCases();
});

interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** What of it is allowed. Asks the authorizer itself, so that kinds count whose CRDs are not there. */
async function allowed(list: readonly Access[]): Promise<Access[]> {
  const items = list.map((access) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: CONTROLLER,
      groups: ['system:serviceaccounts'],
      resourceAttributes: { namespace: NAMESPACE, ...access },
    },
  }));
  const reviews = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const answers = await root.ok(['create', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}'], reviews);
  return list.filter((_access, index) => answers.split('\n')[index] === 'true');
}

describe('the ServiceAccount of the controller', () => {
  const sluice = { group: 'sluice.dev' };
  const apps = { group: 'apps' };
  const istio = { group: 'networking.istio.io' };
  const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'sluice-system' };

  const needed: Access[] = [
    ...['get', 'list', 'watch', 'create', 'patch', 'delete'].flatMap((verb) => [
      { ...sluice, verb, resource: 'rollouts' },
      { ...sluice, verb, resource: 'releases' },
      { ...apps, verb, resource: 'replicasets' },
      { ...istio, verb, resource: 'destinationrules' },
    ]),
    ...['get', 'list', 'watch', 'patch'].flatMap((verb) => [
      { ...apps, verb, resource: 'deployments' },
      { ...istio, verb, resource: 'virtualservices' },
    ]),
    { ...sluice, verb: 'watch', resource: 'analysistemplates' },
    { ...sluice, verb: 'watch', resource: 'clusteranalysistemplates' },
    { ...sluice, verb: 'patch', resource: 'rollouts', subresource: 'status' },
    { ...sluice, verb: 'patch', resource: 'releases', subresource: 'status' },
    { ...sluice, verb: 'update', resource: 'rollouts', subresource: 'finalizers' },
    { ...sluice, verb: 'update', resource: 'releases', subresource: 'finalizers' },
    { ...sluice, verb: 'approve', resource: 'releases' },
    { ...apps, verb: 'patch', resource: 'deployments', subresource: 'status' },
    { ...apps, verb: 'update', resource: 'deployments', subresource: 'finalizers' },
    // A Service for each version, where the router is the Gateway API.
    ...['watch', 'create', 'patch', 'delete'].map((verb) => ({ group: '', verb, resource: 'services' })),
    { group: '', verb: 'list', resource: 'pods' },
    { group: '', verb: 'get', resource: 'secrets', name: 'sluice-notifications' },
    { group: '', verb: 'get', resource: 'configmaps', name: 'sluice-notifications' },
    { group: '', verb: 'get', resource: 'configmaps', name: 'sluice-warm-up' },
    { group: '', verb: 'get', resource: 'configmaps', name: 'sluice-checks' },
    { group: '', verb: 'get', resource: 'secrets', name: 'sluice-credentials', namespace: 'sluice-system' },
    ...['get', 'create', 'delete'].map((verb) => ({ group: 'batch', verb, resource: 'jobs' })),
    {
      group: 'admissionregistration.k8s.io',
      verb: 'get',
      resource: 'validatingadmissionpolicies',
      name: 'sluice-release-guard',
    },
    { group: 'events.k8s.io', verb: 'create', resource: 'events' },
    { group: 'events.k8s.io', verb: 'patch', resource: 'events' },
    { ...lease, verb: 'create' },
    { ...lease, verb: 'get', name: 'sluice' },
    { ...lease, verb: 'update', name: 'sluice' },
  ];

  const excessive: Access[] = [
    { ...apps, verb: 'create', resource: 'deployments' },
    { ...apps, verb: 'delete', resource: 'deployments' },
    { ...istio, verb: 'delete', resource: 'virtualservices' },
    { ...sluice, verb: 'patch', resource: 'clusteranalysistemplates' },
    { group: '', verb: 'get', resource: 'secrets' },
    { group: '', verb: 'get', resource: 'secrets', name: 'other' },
    { group: '', verb: 'list', resource: 'secrets', name: 'sluice-notifications' },
    { group: '', verb: 'get', resource: 'secrets', name: 'sluice-credentials' },
    { group: '', verb: 'get', resource: 'configmaps', name: 'other' },
    { group: '', verb: 'create', resource: 'pods' },
    { group: '', verb: 'delete', resource: 'pods' },
    { group: '', verb: 'patch', resource: 'services', subresource: 'status' },
    { group: '', verb: 'patch', resource: 'endpoints' },
    { group: 'batch', verb: 'list', resource: 'jobs' },
    { group: 'batch', verb: 'patch', resource: 'jobs' },
    { group: 'rbac.authorization.k8s.io', verb: 'patch', resource: 'clusterroles' },
    { group: 'admissionregistration.k8s.io', verb: 'delete', resource: 'mutatingadmissionpolicies' },
    { ...lease, verb: 'update', name: 'other' },
    { ...lease, verb: 'create', namespace: NAMESPACE },
  ];

  it('may do what the controller does', async () => {
    expect(await allowed(needed)).toEqual(needed);
  });

  it('may do nothing besides', async () => {
    expect(await allowed(excessive)).toEqual([]);
  });
});
