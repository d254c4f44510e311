import { describe, expect, it } from 'vitest';
import { environmentOf } from './environment.ts';
import type { Container, EnvVar } from './pod.ts';
import { testPod } from './test-pod.ts';

const SELF = { podIp: '10.244.0.2', hostIp: '10.244.0.1' };
const DATA: Record<string, Record<string, string>> = { 'ConfigMap/c': { A: 'a' }, 'Secret/s': { B: 'b' } };
const lookup = (kind: string, name: string) => Promise.resolve(DATA[`${kind}/${name}`] ?? null);

function resolved(container: Partial<Container>): Promise<Record<string, string>> {
  const pod = testPod({ container, metadata: { labels: { app: 'model' } } });
  const [only] = pod.spec.containers;
  if (only === undefined) throw new Error('no container');
  return environmentOf(only, pod, SELF, lookup);
}

const fieldRef = (name: string, fieldPath: string): EnvVar => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});

describe('environmentOf', () => {
  it('says who the pod is, unless the template does', async () => {
    expect(await resolved({ env: [{ name: 'POD_IP', value: '0.0.0.0' }] })).toEqual({
      POD_NAME: 'model-x',
      POD_NAMESPACE: 'default',
      POD_IP: '0.0.0.0',
      HOSTNAME: 'model-x',
    });
  });

  it.each([
    [[{ name: 'X', value: 'a$(POD_NAME)b' }], 'amodel-xb'],
    [[{ name: 'X', value: '$$(POD_NAME) $(NOPE)' }], '$(POD_NAME) $(NOPE)'],
    [[{ name: 'X' }], ''],
    [[fieldRef('X', 'status.podIP')], '10.244.0.2'],
    [[fieldRef('X', 'status.hostIP')], '10.244.0.1'],
    [[fieldRef('X', 'spec.nodeName')], 'node-0'],
    [[fieldRef('X', "metadata.labels['app']")], 'model'],
    [[{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'A' } } }], 'a'],
    [[{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'B' } } }], 'b'],
    [[{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'Z', optional: true } } }], undefined],
  ])('resolves %j', async (env, expected) => {
    expect((await resolved({ env }))['X']).toBe(expected);
  });

  it('takes whole ConfigMaps and Secrets, with a prefix', async () => {
    const envFrom = [{ configMapRef: { name: 'c' } }, { prefix: 'S_', secretRef: { name: 's' } }];
    expect(await resolved({ envFrom })).toMatchObject({ A: 'a', S_B: 'b' });
  });

  it.each([
    [{ env: [fieldRef('X', 'spec.nope')] }, 'fieldRef spec.nope is not supported by this node'],
    [
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'Z' } } }] },
      'ConfigMap "c" has no key "Z"',
    ],
    [{ envFrom: [{ secretRef: { name: 'nope' } }] }, 'there is no Secret "nope"'],
  ])('refuses %j', async (container, message) => {
    await expect(resolved(container)).rejects.toThrow(message);
  });
});
