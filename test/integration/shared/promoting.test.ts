import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { type Change, isServing, versionOf } from '../../../hack/testbed/evidence/history.ts';
import { startObserver } from '../../../hack/testbed/evidence/observer.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');

const SINGLE = { ...QUICK, 'sluice.dev/steps': '50' };

interface Status {
  readonly readyReplicas?: number;
}

/** The fewest ready pods that the Deployment ever told of, from the first time that it had all of them. */
function fewestReady(changes: readonly Change[], replicas: number): number {
  const counts = changes
    .filter(({ kind, gone }) => kind === 'Deployment' && !gone)
    .map(({ object }) => ((object['status'] ?? {}) as Status).readyReplicas ?? 0);
  return Math.min(...counts.slice(counts.indexOf(replicas)));
}

async function untilOnlyStable(site: Site): Promise<void> {
  await until('only v1 answers', async () => {
    const last = (await site.recordsNow()).slice(-20);
    return last.every(({ version }) => version === 'v1');
  });
}

describe.concurrent('a version that turns bad', () => {
  it('during the update of the promotion is found out, and the update goes back without falling short', async () => {
    const replicas = 4;
    const env = { LOAD_SECONDS: '20' };
    await onSite(access, { replicas, annotations: SINGLE, env, seconds: 600 }, async (site) => {
      await site.untilGated();
      const witness = await startObserver(site.api);
      // Its first pods fail a while after they have loaded, when the others are still loading.
      const v2 = await site.push('v2', { FAIL_AFTER_SECONDS: '28', FAIL_ERROR_SHARE: '0.8' });
      await site.untilIn(v2, 'Aborting', 'ReturningToStable');
      const { status } = await site.untilEnded(v2);
      const trail = status?.trail?.map((one) => one.phase) ?? [];
      expect(trail).toContain('Promoting.Updating');
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: false });
      await untilOnlyStable(site);
      expect(fewestReady(witness.changes(), replicas)).toBeGreaterThanOrEqual(replicas);
      witness.stop();
      // Only the bad version's own errors: none for want of a pod.
      expect(site.records().filter((one) => isFailed(one) && one.version !== 'v2')).toEqual([]);
    });
  });

  it('is rolled back without a lost request under the strategy that Kubernetes gives a Deployment', async () => {
    const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%' };
    const options = {
      replicas: 4,
      annotations: SINGLE,
      env: { LOAD_SECONDS: '6' },
      deployment: { strategy: { type: 'RollingUpdate', rollingUpdate } },
      seconds: 300,
    };
    await onSite(access, options, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Promoting', 'Updating');
      await until('half of the pods are of v2', async () => {
        const pods = await site.pods();
        return pods.filter((pod) => versionOf(pod) === 'v2' && isServing(pod)).length >= 2;
      });
      await site.act(v2, { abort: { reason: 'a wrong model card' } });
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested' });
      expect(status?.trail?.map(({ phase }) => phase)).toContain('Aborting.ReturningToStable');
      await untilOnlyStable(site);
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });
});
