import { describe, expect, inject, it } from 'vitest';
import { isFailed, type LoadRecord } from '../../../hack/load/record.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { countPods } from '../../../hack/testbed/pods.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
/** Epoch milliseconds at which a request was sent. */
const sentAt = ({ at, lateMs }: LoadRecord): number => at + lateMs;

/** When a release got to a place, epoch milliseconds. */
function reached({ status, metadata }: Release, place: string): number {
  const passage = status?.trail?.find(({ phase }) => phase === place);
  if (passage === undefined)
    throw new Error(`${metadata.name} never was ${place}: ${JSON.stringify(status?.trail)}`);
  return Date.parse(passage.at);
}

async function untilAnswers(site: Site, wanted: string): Promise<void> {
  const from = site.records().length;
  await until(`${wanted} answers`, () =>
    site
      .records()
      .slice(from)
      .some(({ version }) => version === wanted),
  );
}

const uidsOf = async (site: Site): Promise<string[]> =>
  (await site.pods()).map(({ metadata }) => metadata.uid ?? '').toSorted();

describe.concurrent('a second change of the template', () => {
  it('supersedes the release: weight 0 first, and only then does the newer one get traffic, by steps of its own', async () => {
    await onSite(access, { annotations: { ...QUICK, 'sluice.dev/max-error-rate': '50%' } }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await untilAnswers(site, 'v2');
      const v3 = await site.push('v3');
      const first = await site.untilEnded(v2);
      expect(first.status).toMatchObject({ phase: 'Superseded', reason: 'NewerRevision', weight: 0 });
      // It ends where it was, and is not brought to its own end first.
      expect(first.status?.trail?.map(({ phase }) => phase).join()).not.toContain('Promoting');
      const second = await site.untilEnded(v3);
      expect(second.status).toMatchObject({ phase: 'Promoted' });

      const records = await site.recordsNow();
      const of = (wanted: string): number[] =>
        records.filter(({ version }) => version === wanted).map(sentAt);
      const [lastOfV2, firstOfV3] = [Math.max(...of('v2')), Math.min(...of('v3'))];
      expect(firstOfV3).toBeGreaterThan(lastOfV2);
      expect(firstOfV3).toBeGreaterThan(reached(second, 'Stepping.Shifting'));
      expect(reached(second, 'Starting.Preparing')).toBeGreaterThanOrEqual(
        Date.parse(first.status?.finishedAt ?? ''),
      );
      expect(records.filter(isFailed)).toEqual([]);
    });
  });

  it('back to the template that serves cancels the release, restarts no pod, and the version may come again', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      await site.untilGated();
      const before = await uidsOf(site);
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await untilAnswers(site, 'v2');
      await site.push('v1');
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Cancelled', reason: 'TemplateReverted', weight: 0 });
      await until('the Deployment is complete', async () => {
        const { object, paused } = await site.deployment();
        const { observedGeneration, updatedReplicas } = object['status'] as Record<string, number>;
        return !paused && observedGeneration === object.metadata.generation && updatedReplicas === 2;
      });
      expect(await uidsOf(site)).toEqual(before);
      expect(await site.api.list('DestinationRule')).toEqual([]);
      expect(await site.api.list('ReplicaSet')).toHaveLength(1);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      // The gate is shut again, and a version that was cancelled undecided is released when it comes again.
      await site.untilGated();
      const again = await site.push('v2');
      expect(await site.deployment()).toMatchObject({ version: 'v2', paused: true });
      await site.untilIn(again, 'Starting');
      expect(await site.api.list('Release')).toHaveLength(2);
    });
  });

  it('waits where the policy has it queue, and the handover takes the analysed pods all the same', async () => {
    const queue = { ...QUICK, 'sluice.dev/on-new-revision': 'queue' };
    await onSite(access, { annotations: queue }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      const v3 = await site.push('v3');
      const first = await site.untilEnded(v2);
      expect(first.status).toMatchObject({ phase: 'Promoted' });
      const second = await site.untilIn(v3, 'Stepping', 'Analysing');
      expect(second.spec.stable.podTemplateHash).toBe(first.spec.canary.podTemplateHash);
      expect((await site.deployment()).version).toBe('v3');
      const records = await site.recordsNow();
      const ofV3 = records.filter(({ version }) => version === 'v3').map(sentAt);
      expect(Math.min(...ofV3)).toBeGreaterThan(reached(second, 'Stepping.Shifting'));
      expect(records.filter(isFailed)).toEqual([]);
    });
  });

  it('during the promotion waits until that is done, and is released after it', async () => {
    const slow = { replicas: 3, annotations: QUICK, env: { LOAD_SECONDS: '3' } };
    await onSite(access, slow, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Promoting', 'Updating');
      const v3 = await site.push('v3');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      const second = await site.untilIn(v3, 'Stepping', 'Analysing');
      const records = await site.recordsNow();
      const ofV3 = records.filter(({ version }) => version === 'v3').map(sentAt);
      expect(Math.min(...ofV3)).toBeGreaterThan(reached(second, 'Stepping.Shifting'));
      expect((await site.deployment()).object.metadata.name).toBe(MODEL);
      expect(records.filter(isFailed)).toEqual([]);
    });
  });

  it('that was rolled back stays out, whatever kubectl rollout does, until the old template is written back', async () => {
    const off = { ...QUICK, 'sluice.dev/rollout': 'off' };
    await onSite(access, { annotations: off }, async (site) => {
      const kubectl = createClient(access, ['--namespace', site.namespace]);
      // Something to undo.
      await site.push('v1', { LATENCY_MS: '21' });
      await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=60s']);
      await site.annotate({ 'sluice.dev/rollout': 'true' });
      await site.untilGated();
      const before = await uidsOf(site);
      const pods = await countPods(site.api, `app=${MODEL}`);
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await site.act(v2, { abort: { reason: 'a test' } });
      await site.untilEnded(v2);
      await site.untilOnly('v1');

      const rollout = (verb: string) => kubectl.run(['rollout', verb, `deployment/${MODEL}`]);
      expect((await rollout('undo')).stderr).toContain('cannot rollback a paused deployment');
      expect((await rollout('restart')).stderr).toContain("can't restart paused deployment");
      // What comes right behind a resume finds the Deployment paused as before.
      const rounds = Array.from({ length: 3 }, () => ['resume', 'undo', 'resume', 'restart']).flat();
      const answers = await Promise.all(rounds.map(rollout));
      expect(answers.filter(({ code }, at) => code === 0 && rounds[at] !== 'resume')).toEqual([]);
      await kubectl.ok(['rollout', 'resume', `deployment/${MODEL}`]);
      const held = await site.deployment();
      expect(held).toMatchObject({ version: 'v2', paused: true });
      // The fields that tools use to wait for the Deployment.
      expect((held.object['status'] as { updatedReplicas?: number }).updatedReplicas ?? 0).toBe(0);
      expect(pods.loads('v2')).toBe(1);

      await site.push('v1');
      await kubectl.ok(['rollout', 'status', `deployment/${MODEL}`, '--timeout=60s']);
      expect(await site.deployment()).toMatchObject({ version: 'v1', paused: false });
      expect(await uidsOf(site)).toEqual(before);
      expect(pods.loads('v2')).toBe(1);
      pods.stop();
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });
});
