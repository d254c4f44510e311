import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import { controllerOf, identityProblem } from './identity.ts';

const FILE = new URL('../../../manifests/admission/release-guard.yaml', import.meta.url);
const [guard] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((one) => one.toJS() as KubeObject);
const DEFAULT = 'system:serviceaccount:sluice-system:sluice';

const clientOf = (username: string, policy: KubeObject | null | SluiceError) => ({
  create: async (_resource: unknown, body: KubeObject): Promise<KubeObject> => ({
    ...body,
    status: { userInfo: { username } },
  }),
  get: async () => {
    if (policy instanceof SluiceError) throw policy;
    return policy;
  },
});

const named = (user: string): KubeObject =>
  JSON.parse(JSON.stringify(guard).replaceAll(DEFAULT, user)) as KubeObject;
const fault = (code: 'KUBERNETES_FORBIDDEN' | 'KUBERNETES_UNAVAILABLE') =>
  new SluiceError(code, 'no', { retry: 'terminal' });

describe('who the controller is', () => {
  it('is read from the policy as it is installed', () => {
    expect(controllerOf(guard ?? named(''))).toBe(DEFAULT);
    expect(controllerOf({ ...named(''), spec: {} })).toBeNull();
  });

  it.each<[string, string, KubeObject | SluiceError, null]>([
    ['the ServiceAccount of the manifests', DEFAULT, named(DEFAULT), null],
    [
      'another name that the policies were given',
      'system:serviceaccount:ml:gate',
      named('system:serviceaccount:ml:gate'),
      null,
    ],
    ['the usual one, where the policy may not be read', DEFAULT, fault('KUBERNETES_FORBIDDEN'), null],
  ])('is fine: %s', async (_what, user, policy, expected) => {
    expect(await identityProblem(clientOf(user, policy))).toBe(expected);
  });

  it.each<[string, KubeObject | SluiceError]>([
    ['that the policy does not name', named(DEFAULT)],
    ['where the policy may not be read', fault('KUBERNETES_FORBIDDEN')],
  ])('is reported when it is another %s', async (_what, policy) => {
    expect(await identityProblem(clientOf('admin', policy))).toBe(
      `this process runs as admin, and the admission policies know the controller as ${DEFAULT}: they take its writes for a person's, and undo them. Run it under that ServiceAccount, or put admin into the policies sluice-hold and sluice-release-guard (manifests/admission)`,
    );
  });

  it('is reported when nothing is guarded at all', async () => {
    expect(await identityProblem(clientOf(DEFAULT, null))).toContain(
      'no ValidatingAdmissionPolicy sluice-release-guard',
    );
  });

  it('is not guessed where the API server does not answer', async () => {
    await expect(identityProblem(clientOf(DEFAULT, fault('KUBERNETES_UNAVAILABLE')))).rejects.toThrow('no');
  });
});
