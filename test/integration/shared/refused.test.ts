import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { validatorConfiguration } from '../../../hack/cluster/parts/istiod-webhook.ts';
import { isFailed } from '../../../hack/load/record.ts';
import { conditionOf, receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');
/** It stays at the first step until somebody ends it. */
const STAYS = { ...QUICK, 'sluice.dev/bake': '1h' };
const SOON = { within: 15_000 };

/** The condition on the Deployment and the event on it, of this reason. */
async function untilSaid(site: Site, reason: string): Promise<string> {
  const shown = await until(
    `the Deployment shows ${reason}`,
    async () => {
      const condition = conditionOf((await site.deployment()).object, 'SluiceReady');
      return condition?.reason === reason ? condition : null;
    },
    SOON,
  );
  await until(`the Deployment reports ${reason}`, async () =>
    (await receivedMessagesOf(site.api, 'Deployment', MODEL)).some((one) => one.reason === reason),
  );
  return shown.message;
}

/** What is said for a reason while something is in the way, which is taken away at the end. */
async function saidWhile(site: Site, reason: string, end: () => Promise<unknown>): Promise<string> {
  try {
    return await untilSaid(site, reason);
  } finally {
    await end();
  }
}

/** A quota that is full of what is there. */
async function fillQuota({ api }: Site, resource: string): Promise<void> {
  await api.create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'full' },
    spec: { hard: { [resource]: '1' } },
  });
  await until('the quota counts', async () => {
    const { used } = ((await api.get('ResourceQuota', 'full'))?.['status'] ?? {}) as { used?: object };
    return used !== undefined && resource in used;
  });
}

/** A policy that lets no ReplicaSet of the namespace be made. */
async function freeze({ api, namespace }: Site): Promise<() => Promise<void>> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const name = `frozen-${namespace}`;
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const rules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['replicasets'] },
  ];
  await api.create({
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { namespaceSelector: selector, resourceRules: rules },
      validations: [{ expression: 'false', message: 'no change before Monday' }],
    },
  });
  await api.create({
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  return async () => {
    await api.remove('ValidatingAdmissionPolicyBinding', name);
    await api.remove('ValidatingAdmissionPolicy', name);
  };
}

/** Nobody answers where the API server asks about Istio's objects of the namespace. */
async function closeRoutes({ api, namespace }: Site): Promise<() => Promise<void>> {
  const name = `closed-${namespace}`;
  const authority = (await readFile(join(access.dir, 'pki', 'ca.crt'))).toString('base64');
  await api.create(
    validatorConfiguration({ name, authority, namespace, url: 'https://127.0.0.1:1/validate' }),
  );
  return () => api.remove('ValidatingWebhookConfiguration', name);
}

describe.concurrent('what the API server refuses', () => {
  it('a quota of ReplicaSets is the cause that the Deployment shows, and the release continues without it', async () => {
    await onSite(access, { annotations: QUICK, replicas: 1, rate: 20 }, async (site) => {
      await site.untilGated();
      await fillQuota(site, 'count/replicasets.apps');
      const v2 = await site.push('v2');
      expect(await untilSaid(site, 'ReplicaSetRefused')).toMatch(
        /exceeded quota: full, .*count\/replicasets\.apps=1; raise the quota/,
      );
      await site.api.remove('ResourceQuota', 'full');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
    });
  });

  it('a policy on ReplicaSets is the cause that the Deployment shows, and the release continues without it', async () => {
    await onSite(access, { annotations: QUICK, replicas: 1, rate: 20 }, async (site) => {
      await site.untilGated();
      const thaw = await freeze(site);
      const v2 = await site.push('v2');
      const message = await saidWhile(site, 'ReplicaSetRefused', thaw);
      expect(message).toMatch(/ValidatingAdmissionPolicy 'frozen-.* denied request: no change before Monday/);
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
    });
  });

  it('weight 0, by a webhook that nobody answers: said at once, and written as soon as it can be', async () => {
    await onSite(access, { annotations: STAYS, replicas: 1, rate: 40 }, async (site) => {
      const before = await site.api.get('VirtualService', MODEL);
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      const open = await closeRoutes(site);
      await site.act(v2, { abort: { reason: 'seen enough' } });
      const message = await saidWhile(site, 'RoutesRefused', open);
      expect(message).toMatch(
        /^weight 0 cannot be written: .*failed calling webhook "validation\.istio\.io"/,
      );
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
      expect((await site.api.get('VirtualService', MODEL))?.['spec']).toStrictEqual(before?.['spec']);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });
});
