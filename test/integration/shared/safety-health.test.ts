import { describe, expect, inject, it } from 'vitest';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { pushPatch } from '../../../hack/testbed/push.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { revisionOf } from '../../../src/workload/revision.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
/** It stays at the first step, and the analysis never has enough: only the pods can end it. */
const STAYS = { ...QUICK, 'sluice.dev/bake': '1h', 'sluice.dev/min-windows': '1000' };

const namesOf = (pods: readonly KubeObject[]): string[] =>
  pods.map(({ metadata }) => metadata.name).toSorted();

/** The pods of a release's canary, whatever has become of them. */
async function canaryPods({ api }: Site, { spec }: Release): Promise<KubeObject[]> {
  return api.list('Pod', `pod-template-hash=${spec.canary.podTemplateHash}`);
}

/** Sets an annotation on pods, by which the node agent makes them ill; answers when that was done. */
async function make(site: Site, pods: readonly KubeObject[], hook: string, value: string): Promise<number> {
  for (const { metadata } of pods)
    await site.api.merge('Pod', metadata.name, { metadata: { annotations: { [hook]: value } } });
  return Date.now();
}

/** The end of a release that was rolled back, how long that took, and that stable has not been touched. */
async function untilRolledBack(site: Site, pushed: Pushed, stable: readonly KubeObject[]): Promise<Release> {
  const ended = await site.untilEnded(pushed);
  expect(ended.status).toMatchObject({ phase: 'Aborted', weight: 0 });
  expect(namesOf(await site.pods())).toEqual(namesOf(stable));
  return ended;
}

/** The weights of stable and canary when the canary first has one. */
async function firstSplit({ api }: Site): Promise<number[]> {
  return until('the canary has a weight', async () => {
    const { http = [] } = ((await api.get('VirtualService', MODEL))?.['spec'] ?? {}) as {
      http?: { name?: string; route: { weight?: number }[] }[];
    };
    const route = http.find(({ name }) => name === 'predict')?.route ?? [];
    const weights = route.map(({ weight = 100 }) => weight);
    return weights.length === 2 && weights[1] !== 0 ? weights : null;
  });
}

const secondsTo = (ended: Release, phase: string, since: number): number => {
  const passage = ended.status?.trail?.find((one) => one.phase.startsWith(phase));
  return (Date.parse(passage?.at ?? '') - since) / 1_000;
};

describe.concurrent('the pods of a canary', () => {
  it.each([
    [
      'crash again and again',
      'sluice.dev/crash',
      'true',
      'CanaryCrashLoop',
      /container server of pod .* ended with exit code 1.* it was started again/,
    ],
    [
      'are evicted',
      'sluice.dev/evict',
      'the node is low on memory',
      'CanaryEvicted',
      /was evicted: the node is low on memory/,
    ],
  ])(
    '%s: the release is rolled back in seconds, without waiting for metrics',
    async (_what, hook, value, reason, message) => {
      await onSite(access, { annotations: STAYS }, async (site) => {
        await site.untilGated();
        const stable = await site.pods();
        const v2 = await site.push('v2');
        const release = await site.untilIn(v2, 'Stepping', 'Analysing');
        const since = await make(site, await canaryPods(site, release), hook, value);
        const ended = await untilRolledBack(site, v2, stable);
        expect(ended.status?.reason).toBe(reason);
        expect(ended.status?.message).toMatch(message);
        console.log(`${reason}: ${secondsTo(ended, 'Aborting', since).toFixed(1)} s to weight 0 for good`);
        await site.untilOnly('v1');
      });
    },
  );

  it('are drained from their node: another is waited for as at first, at weight 0, and the step begins again', async () => {
    const annotations = { ...STAYS, 'sluice.dev/unhealthy-grace': '2s' };
    await onSite(access, { annotations }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2', { LOAD_SECONDS: '8' });
      const release = await site.untilIn(v2, 'Stepping', 'Analysing');
      const before = await canaryPods(site, release);
      for (const { metadata } of before) await site.api.remove('Pod', metadata.name);
      const waiting = await until('another pod is waited for', async () => {
        const found = await site.releaseOf(v2);
        return found?.status?.reason === 'CanaryReplaced' ? found : null;
      });
      expect(waiting.status).toMatchObject({ stage: 'Recovering', weight: 0, replacing: true });
      await site.untilIn(v2, 'Stepping', 'Analysing');
      const after = await canaryPods(site, release);
      expect(namesOf(after).filter((name) => namesOf(before).includes(name))).toEqual([]);
      expect(await site.api.list('Release')).toHaveLength(1);
    });
  });

  it('crash while they load: the release is rolled back before they had any traffic', async () => {
    await onSite(access, { annotations: STAYS }, async (site) => {
      await site.untilGated();
      const stable = await site.pods();
      const v2 = await site.push('v2', { LOAD_SECONDS: '120' });
      const release = await site.untilIn(v2, 'Starting', 'Loading');
      const pods = await until('the canary has a pod', async () => {
        const found = await canaryPods(site, release);
        return found.length > 0 ? found : null;
      });
      await make(site, pods, 'sluice.dev/crash', 'true');
      const ended = await untilRolledBack(site, v2, stable);
      expect(ended.status).toMatchObject({ reason: 'CanaryCrashLoop' });
      expect(ended.status?.exposedAt).toBeUndefined();
      expect((await site.recordsNow()).map(({ version }) => version)).not.toContain('v2');
    });
  });

  it('are not ready for long, one of two: the release is rolled back though the other serves', async () => {
    await onSite(access, {}, async (site) => {
      const analysis = {
        ...(quickRollout('policy')['spec'] as { analysis: object }).analysis,
        minWindows: 1000,
      };
      const health = { maxRestarts: 1, maxEvictions: 0, notReady: '4s' };
      await site.api.create(quickRollout('policy', { analysis, health, canary: { replicas: 2 } }));
      await site.untilGated('policy');
      const stable = await site.pods();
      const v2 = await site.push('v2');
      const release = await site.untilIn(v2, 'Stepping', 'Analysing');
      const pods = await canaryPods(site, release);
      expect(pods).toHaveLength(2);
      await make(site, pods.slice(0, 1), 'sluice.dev/ready', 'false');
      const ended = await untilRolledBack(site, v2, stable);
      expect(ended.status?.reason).toBe('CanaryNotReady');
      expect(ended.status?.message).toMatch(/was ready and is not any more, since [0-9]+s ago/);
    });
  });

  it('no node has room for: the release says what the scheduler says, fails, and stable is untouched', async () => {
    await onSite(access, { annotations: { ...STAYS, 'sluice.dev/start-deadline': '12s' } }, async (site) => {
      await site.untilGated();
      const stable = await site.pods();
      const before = (await site.deployment()).object;
      const resources = { limits: { 'nvidia.com/gpu': '99' } };
      const at = '/spec/template/spec/containers/0/resources';
      const after = await site.api.patch('Deployment', MODEL, [
        ...pushPatch(before, { version: 'v2', env: {} }),
        { op: 'add', path: at, value: resources },
      ]);
      const { template } = after['spec'] as { template: Record<string, unknown> };
      const v2 = { version: 'v2', at: Date.now(), revision: revisionOf(template) };
      const ended = await untilRolledBack(site, v2, stable);
      expect(ended.status?.reason).toBe('StartDeadlineExceeded');
      expect(ended.status?.message).toMatch(/Unschedulable: .*nvidia\.com\/gpu/);
    });
  });

  it('answer their warm-up requests before they get any traffic, then connect, and what is wrong with those is reported', async () => {
    await onSite(access, {}, async (site) => {
      const warmUp = {
        path: '/predict',
        bodyFrom: { key: 'predict.json' },
        requests: 15,
        concurrency: 2,
        timeout: '2s',
      };
      const connect = { weight: 1, for: '8s' };
      await site.api.create(quickRollout('policy', { canary: { replicas: 2, warmUp, connect } }));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      const waiting = await until('it waits for the body', async () => {
        const release = await site.releaseOf(v2);
        return release?.status?.reason === 'WarmUpBodyMissing' ? release : null;
      });
      expect(waiting.status?.message).toContain(
        `there is no ConfigMap ${site.namespace}/sluice-warm-up; create it with the key predict.json`,
      );
      expect(await canaryPods(site, waiting)).toEqual([]);
      const kubectl = createClient(access, ['--namespace', site.namespace]);
      const body = '--from-literal=predict.json={"input":[1,2,3]}';
      await kubectl.ok(['create', 'configmap', 'sluice-warm-up', body]);
      expect(await firstSplit(site)).toEqual([99, 1]);
      const { spec, status } = await site.untilIn(v2, 'Stepping', 'Connecting');
      expect(status).toMatchObject({ weight: 1, step: 0 });
      for (const pod of await canaryPods(site, { spec } as Release)) {
        const { podIP } = pod['status'] as { podIP: string };
        const page = await (await fetch(`http://${podIP}:8080/metrics`)).text();
        const answered = page.match(/^http_requests_total\{.*status="200".*\} ([0-9]+)/m)?.[1];
        expect(Number(answered)).toBeGreaterThanOrEqual(15);
      }
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      const { trail = [] } = ended.status ?? {};
      const at = (place: string): number => Date.parse(trail.find(({ phase }) => phase === place)?.at ?? '');
      expect(at('Stepping.Shifting') - at('Stepping.Connecting')).toBeGreaterThanOrEqual(8_000);
      expect(trail.filter(({ phase }) => phase === 'Stepping.Connecting')).toHaveLength(1);
      const first = (await site.recordsNow()).find(({ version }) => version === 'v2');
      expect(first?.at).toBeGreaterThan(at('Stepping.Connecting') - 1_000);

      await site.untilGated('policy');
      const wrong = { ...warmUp, path: '/nowhere' };
      const deadlines = { start: '25s', step: '1h', promotion: '1h' };
      await site.api.merge('Rollout', 'policy', { spec: { canary: { warmUp: wrong }, deadlines } });
      const v3 = await site.push('v3');
      const failed = await site.untilEnded(v3);
      expect(failed.status).toMatchObject({ phase: 'Aborted', reason: 'StartDeadlineExceeded' });
      expect(failed.status?.message).toMatch(
        /has answered 0 of 15 warm-up requests; POST http:\/\/.*\/nowhere: HTTP 404/,
      );
    });
  });
});
