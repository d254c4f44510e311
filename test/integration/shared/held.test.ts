import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { isServing, versionOf } from '../../../hack/testbed/evidence/history.ts';
import { type Observer, startObserver } from '../../../hack/testbed/evidence/observer.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Rollout } from '../../../src/api/rollout/rollout.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const kubectl = createClient(access);

const REPLICAS = 3;

async function servingOf(site: Site, version: string): Promise<number> {
  return (await site.pods()).filter((pod) => isServing(pod) && versionOf(pod) === version).length;
}

/** Down to nothing and up again, by the right to scale alone; resolves when so many pods of the version serve. */
async function sleep(site: Site, witness: Observer, version: string): Promise<string[]> {
  const own = kubectl.with('--namespace', site.namespace);
  await own.ok(['scale', `deployment/${MODEL}`, '--replicas=0']);
  await until('no pod of stable is left', async () => (await servingOf(site, version)) === 0);
  const [before] = witness.changes().slice(-1);
  await own.ok(['scale', `deployment/${MODEL}`, `--replicas=${REPLICAS}`]);
  await until(`${version} serves`, async () => (await servingOf(site, version)) === REPLICAS, {
    within: 40_000,
  });
  const since = witness.changes().filter((change) => change.version > (before?.version ?? 0));
  const served = since.filter(({ kind, gone, object }) => kind === 'Pod' && !gone && isServing(object));
  return [...new Set(served.map(({ object }) => versionOf(object)))].toSorted();
}

const stableOf = async ({ api }: Site): Promise<string | undefined> =>
  ((await api.get('Rollout', MODEL)) as Rollout | null)?.status?.stable?.podTemplateHash;

describe.concurrent('a Deployment that is held, scaled to nothing and up again, serves nothing but stable', () => {
  it('after a version was rolled back from its update: in mid-step, and rejected without history', async () => {
    const annotations = { ...QUICK, 'sluice.dev/steps': '50' };
    const options = { replicas: REPLICAS, annotations, env: { LOAD_SECONDS: '3' } };
    await onSite(access, options, async (site) => {
      await site.untilGated();
      const witness = await startObserver(site.api);
      const stable = await stableOf(site);
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Promoting', 'Updating');
      await site.act(v2, { abort: { reason: 'a wrong model card' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted', handedOver: true });

      const v3 = await site.push('v3');
      await site.untilIn(v3, 'Stepping', 'Analysing');
      expect(await sleep(site, witness, 'v1')).not.toContain('v2');
      await site.act(v3, { abort: { reason: 'a wrong tokenizer' } });
      await site.untilEnded(v3);

      // Without pods, stable's ReplicaSet is deleted by the Deployment controller.
      await site.api.merge('Deployment', MODEL, { spec: { revisionHistoryLimit: 0 } });
      expect(await sleep(site, witness, 'v1')).toEqual(['v1']);
      expect(await stableOf(site)).toBe(stable);
      witness.stop();
    });
  });

  it('while nobody has approved the start of an earlier version, and where its ReplicaSet is deleted', async () => {
    await onSite(access, { replicas: REPLICAS }, async (site) => {
      await site.api.create(quickRollout(MODEL, { approval: { at: ['start'] } }));
      await site.untilGated();
      const witness = await startObserver(site.api);
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Pending');
      await site.act(v2, { approvals: [{ gate: 'start' }] });
      expect((await site.untilEnded(v2)).status?.phase).toBe('Promoted');
      const v1 = await site.push('v1');
      await site.untilIn(v1, 'Pending');
      expect(await sleep(site, witness, 'v2')).toEqual(['v2']);
      await until('the approval is waited for again', async () => {
        const { phase, reason } = (await site.releaseOf(v1))?.status ?? {};
        return phase === 'Pending' && reason === 'WaitingForApproval';
      });

      const known = ((await site.api.get('Rollout', MODEL)) as Rollout | null)?.status?.stable;
      const before = await site.api.get('ReplicaSet', known?.replicaSet ?? '');
      await site.api.remove('ReplicaSet', known?.replicaSet ?? '');
      await until('stable is made again, and serves', async () => {
        const set = await site.api.get('ReplicaSet', known?.replicaSet ?? '');
        const isNew = set !== null && set.metadata.uid !== before?.metadata.uid;
        return isNew && (await servingOf(site, 'v2')) === REPLICAS && (await site.pods()).length === REPLICAS;
      });
      const told = await receivedMessagesOf(site.api, 'Deployment', MODEL);
      expect(told.map(({ reason }) => reason)).toContain('StableGone');
      witness.stop();
    });
  });

  it('and is not stopped by a strategy that was changed in mid-release', async () => {
    const annotations = { ...QUICK, 'sluice.dev/steps': '50' };
    await onSite(access, { annotations }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping');
      const setStrategy = (strategy: object) => site.api.merge('Deployment', MODEL, { spec: { strategy } });
      await setStrategy({ type: 'Recreate', rollingUpdate: null });
      await until('the promotion waits', async () => {
        const { stage, reason } = (await site.releaseOf(v2))?.status ?? {};
        return stage === 'Sizing' && reason === 'RecreateStrategy';
      });
      expect(await servingOf(site, 'v1')).toBe(2);
      await setStrategy({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
      expect((await site.untilEnded(v2)).status?.phase).toBe('Promoted');
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });
});
