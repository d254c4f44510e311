import { describe, expect, it } from 'vitest';
import { ago, canvas, NOW, rollout } from '../../../test/fixtures/cli.ts';
import type { KubeObject } from '../../api/meta.ts';
import { view } from '../commands/prepare/doctor.ts';
import { identityResult } from './access.ts';
import { failed, ok, type Result, unknown, warning } from './check.ts';
import { crdResult, versionResult, webhookResult } from './cluster.ts';
import {
  deploymentResult,
  leaseResult,
  proxyPath,
  redisResult,
  rolloutsResult,
  settingOf,
} from './controller.ts';

const object = (kind: string, rest: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'sluice' },
  ...rest,
});

const crd = (served: string, established = 'True'): KubeObject =>
  object('CustomResourceDefinition', {
    spec: { versions: [{ name: served, served: true }] },
    status: { conditions: [{ type: 'Established', status: established }] },
  });

const deployment = (args: readonly string[], readyReplicas = 2): KubeObject =>
  object('Deployment', {
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ args, env: [{ name: 'SLUICE_QUEUE', value: 'redis' }] }] } },
    },
    status: { readyReplicas },
  });

const guard = (user: string): KubeObject =>
  object('ValidatingAdmissionPolicy', {
    spec: { variables: [{ name: 'isController', expression: `request.userInfo.username == '${user}'` }] },
  });

const lease = (holderIdentity: string, seconds: number): KubeObject =>
  object('Lease', { spec: { holderIdentity, renewTime: ago(seconds) } });

const ready = (status: 'True' | 'False') =>
  rollout({
    conditions: [{ type: 'Ready', status, reason: 'X', message: 'no route', lastTransitionTime: ago(1) }],
  });

const version = (text: string, hasWebhook = false): Result =>
  versionResult(`{"gitVersion": "${text}"}`, hasWebhook);

const webhook = (caBundle?: string): Result =>
  webhookResult(object('MutatingWebhookConfiguration', { webhooks: [{ clientConfig: { caBundle } }] }));

describe('the doctor', () => {
  it.each<[string, Result, Result['state'], string]>([
    ['a new Kubernetes', version('v1.37.1'), 'ok', '1.37.1 (1.36 or newer is needed)'],
    ['the oldest that will do', version('v1.36.0-gke.12'), 'ok', '1.36.0-gke.12'],
    ['a version that is too old', version('v1.35.9'), 'failed', 'has no MutatingAdmissionPolicy v1'],
    ['an older one with the webhook', version('v1.30.2', true), 'ok', '1.30.2 (1.30 or newer is needed)'],
    ['one too old for the webhook', version('v1.29.9', true), 'failed', 'too old for the webhook'],
    ['a webhook', webhook('YQ=='), 'ok', 'webhook sluice'],
    ['a webhook that nobody trusts', webhook(), 'failed', 'has no caBundle'],
    ['an unknown version', versionResult('Forbidden'), 'unknown', 'does not tell its version'],
    ['a CRD', crdResult('rollouts', crd('v1alpha1'), 'v1alpha1', 'f'), 'ok', 'rollouts v1alpha1'],
    ['no CRD', crdResult('rollouts', null, 'v1alpha1', 'f'), 'failed', 'rollouts is missing'],
    [
      'a CRD of another time',
      crdResult('rollouts', crd('v1'), 'v1alpha1', 'f'),
      'failed',
      'serves v1, not v1alpha1',
    ],
    [
      'a CRD that clashes',
      crdResult('r', crd('v1alpha1', 'False'), 'v1alpha1', 'f'),
      'failed',
      'r is not established',
    ],
    ['replicas', deploymentResult(deployment([]), 'ns'), 'ok', '2 of 2 replicas are ready'],
    ['one replica of two', deploymentResult(deployment([], 1), 'ns'), 'warning', '1 of 2'],
    ['no replica', deploymentResult(deployment([], 0), 'ns'), 'failed', '0 of 2'],
    [
      'no controller',
      deploymentResult(null, 'ns'),
      'warning',
      'there is no Deployment sluice in namespace ns',
    ],
    ['a leader', leaseResult(lease('a', 2), 'ns', NOW), 'ok', 'a leads (renewed 2s ago)'],
    [
      'a leader that is gone',
      leaseResult(lease('a', 90), 'ns', NOW),
      'failed',
      'a has not renewed the Lease sluice for 1m30s',
    ],
    ['nobody', leaseResult(lease('', 1), 'ns', NOW), 'failed', 'no controller holds the Lease'],
    ['no Lease', leaseResult(null, 'ns', NOW), 'failed', 'no controller holds the Lease'],
    [
      'a controller elsewhere',
      deploymentResult(null, 'ns', true),
      'ok',
      'the controller runs elsewhere, such as outside of the cluster',
    ],
    ['no Redis', redisResult(undefined, null), 'ok', 'not used'],
    [
      'a Redis that only the figures know',
      redisResult(undefined, 'sluice_queue_connected 1\n'),
      'ok',
      'Redis is connected',
    ],
    ['Redis', redisResult('redis://r', 'sluice_queue_connected 1\n'), 'ok', 'redis://r is connected'],
    [
      'a lost Redis',
      redisResult('redis://u:secret@r', 'x 1\nsluice_queue_connected 0\n'),
      'warning',
      'redis://***@r is not connected',
    ],
    ['a Redis nobody can tell of', redisResult('redis://r', null), 'unknown', 'cannot be read'],
  ])('judges %s', (_what, result, state, message) => {
    expect(result.state).toBe(state);
    expect(result.message).toContain(message);
  });

  it.each<[string, KubeObject | null, Result['state'], string]>([
    [
      'as it is',
      guard('system:serviceaccount:ns:sluice'),
      'ok',
      'know it as system:serviceaccount:ns:sluice',
    ],
    [
      'by another name',
      guard('system:serviceaccount:x:sluice'),
      'failed',
      'know it as system:serviceaccount:x:sluice',
    ],
    ['by none', null, 'unknown', 'sluice-release-guard names no user'],
  ])('says whether the policies know the controller: %s', (_what, policy, state, message) => {
    const result = identityResult(policy, 'system:serviceaccount:ns:sluice');
    expect(result.state).toBe(state);
    expect(result.message).toContain(message);
  });

  it('reads the settings of the controller', () => {
    expect(settingOf(deployment(['--redis-url', 'redis://r:6379']), 'redis-url')).toBe('redis://r:6379');
    const one = deployment(['--redis-url=redis://r:6379']);
    expect(settingOf(one, 'redis-url')).toBe('redis://r:6379');
    expect(settingOf(one, 'queue')).toBe('redis');
    expect(settingOf(one, 'prometheus-url')).toBeUndefined();
    expect(settingOf(null, 'queue')).toBeUndefined();
  });

  it.each([
    ['http://prometheus.monitoring:9090', '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy'],
    ['http://p.m.svc.cluster.local/prom/', '/api/v1/namespaces/m/services/p:80/proxy/prom'],
    ['https://p.m', '/api/v1/namespaces/m/services/https:p:443/proxy'],
    ['http://127.0.0.1:9090', null],
    ['http://prometheus:9090', null],
    ['https://prometheus.example.com', null],
    ['https://prometheus.example.com:9090/prom', null],
  ])('reaches %s through the API server', (url, path) => {
    expect(proxyPath(url)).toBe(path);
  });

  it('names the Rollouts that would not gate', () => {
    expect(rolloutsResult([ready('True'), ready('True')])).toEqual([ok('2 of 2 gate the next change')]);
    expect(rolloutsResult([ready('True'), ready('False'), rollout()]).map(({ message }) => message)).toEqual([
      'models/ranker: no route',
      'models/ranker: the controller has not observed it',
    ]);
    const alike = Array.from({ length: 6 }, () => ready('False'));
    expect(rolloutsResult(alike).map(({ message }) => message)).toEqual([
      `${'models/ranker, '.repeat(3)}models/ranker and 2 more: no route`,
    ]);
  });

  it('reports with the next step to take, in 80 columns', () => {
    const diagnoses = [
      { title: 'Kubernetes', results: [ok('1.37.1')] },
      {
        title: 'Controller',
        results: [failed('no controller holds the Lease sluice', 'kubectl get pods'), ok('fine')],
      },
      {
        title: 'Redis',
        results: [unknown('the metrics of the controller cannot be read from here, since nobody may')],
      },
      { title: 'Rollouts', results: [warning('models/ranker: no route', 'sluice status')] },
    ];
    expect(`\n${view(diagnoses, canvas(80)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      ✓ Kubernetes              1.37.1
      ✗ Controller              no controller holds the Lease sluice
                                → kubectl get pods
      ✓                         fine
      ? Redis                   the metrics of the controller cannot be read from
                                here, since nobody may
      ! Rollouts                models/ranker: no route
                                → sluice status
      "
    `);
  });
});
