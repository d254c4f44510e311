import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { countPods } from '../../../hack/testbed/pods.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
/** The user's VirtualService with all that it says, but the API server's own book-keeping. */
async function routes({ api }: Site): Promise<unknown> {
  const found = await api.get('VirtualService', MODEL);
  const { name, labels, annotations } = found?.metadata ?? {};
  return { name, labels, annotations, spec: found?.['spec'] };
}

async function replicaSets({ api }: Site): Promise<number[]> {
  const sets = await api.list('ReplicaSet');
  return sets.map(({ spec }) => (spec as { replicas: number }).replicas).toSorted((a, b) => a - b);
}

describe.concurrent('a release', () => {
  it('of a good version is promoted by annotations alone: nothing is lost, and nothing of ours is left', async () => {
    await onSite(access, { replicas: 3, annotations: QUICK, rate: 80 }, async (site) => {
      const { api } = site;
      const before = await routes(site);
      const pods = await countPods(api, `app=${MODEL}`);
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted', reason: 'Promoted', handedOver: true });

      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(pods.loads('v2')).toBe(3);
      pods.stop();
      expect(await routes(site)).toStrictEqual(before);
      expect(await api.list('DestinationRule')).toEqual([]);
      expect(await replicaSets(site)).toEqual([0, 3]);

      const kubectl = createClient(access, ['--namespace', site.namespace]);
      const history = await kubectl.ok(['rollout', 'history', `deployment/${MODEL}`]);
      expect(history.match(/^[0-9]+ /gm)).toHaveLength(2);
      await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=30s']);
      // An undo is a change of the template as any other.
      await kubectl.ok(['rollout', 'undo', `deployment/${MODEL}`]);
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: true });
    });
  });

  it.each([
    ['slow', 'latency', { LATENCY_MS: '900' }, /p95 [0-9]+ ms .*500 ms.* [0-9]+ requests/],
    ['failing', 'errors', { ERROR_SHARE: '0.9' }, /[0-9.]+ ?%.* [0-9]+ requests/],
  ])('of a %s version is rolled back, and says why with numbers', async (_name, metric, env, numbers) => {
    await onSite(access, { annotations: QUICK, rate: 80 }, async (site) => {
      const { api } = site;
      const before = await routes(site);
      await site.untilGated();
      const v1 = await site.pods();
      const v2 = await site.push('v2', env);
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
      expect(ended.status?.message).toContain(`${metric}: `);
      expect(ended.status?.message).toMatch(numbers);

      const told = await until('the end is reported', async () => {
        const [ofRelease, ofDeployment] = await Promise.all([
          receivedMessagesOf(api, 'Release', ended.metadata.name),
          receivedMessagesOf(api, 'Deployment', MODEL),
        ]);
        const ends = [ofRelease, ofDeployment].map((all) => all.find(({ reason }) => reason === 'Aborted'));
        return ends.every((one) => one !== undefined) ? ends : null;
      });
      for (const one of told) {
        expect(one.type).toBe('Warning');
        expect(one.note).toContain(`${metric}: `);
        expect(one.note).toMatch(numbers);
      }

      expect(await routes(site)).toStrictEqual(before);
      expect(await api.list('DestinationRule')).toEqual([]);
      expect(await replicaSets(site)).toEqual([2]);
      const after = await site.pods();
      const names = (all: typeof v1): string[] => all.map(({ metadata }) => metadata.name).toSorted();
      expect(names(after)).toEqual(names(v1));
      await site.untilOnly('v1');
    });
  });

  it('follows a Rollout from YAML: a person opens its gate, and a roll-back writes stable back', async () => {
    await onSite(access, { rate: 80 }, async (site) => {
      const { api } = site;
      await api.create(quickRollout('policy', { approval: { at: ['promotion'] }, onAbort: 'revert' }));
      await site.untilGated('policy');
      const bad = await site.push('v2', { ERROR_SHARE: '0.9' });
      expect((await site.untilEnded(bad)).status).toMatchObject({ phase: 'Aborted' });
      await until('v1 is the template again', async () => {
        const { version, paused } = await site.deployment();
        return version === 'v1' && !paused;
      });
      await site.untilGated('policy');

      const good = await site.push('v3');
      const waiting = await until('it waits for a person', async () => {
        const release = await site.releaseOf(good);
        return release?.status?.waitingFor === 'promotion' ? release : null;
      });
      expect(waiting.status).toMatchObject({ weight: 50, reason: 'WaitingForApproval' });
      await api.merge('Release', waiting.metadata.name, {
        spec: { approvals: [{ gate: 'promotion', reason: 'looks well' }] },
      });
      const ended = await site.untilEnded(good);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      expect(ended.spec.approvals).toMatchObject([{ gate: 'promotion', by: 'admin' }]);
      const lost = (await site.recordsNow()).filter((record) => isFailed(record) && record.version !== 'v2');
      expect(lost).toEqual([]);
    });
  });
});
