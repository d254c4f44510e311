import { readFile } from 'node:fs/promises';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Expressions, type HealthAnswer, healthOf } from '../../../hack/gitops/health.ts';
import type { Change } from '../../../hack/testbed/evidence/history.ts';
import { startObserver } from '../../../hack/testbed/evidence/observer.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { KubeObject } from '../../../src/api/meta.ts';

const access = inject('access');

const manifest = async (name: string): Promise<unknown> =>
  parse(await readFile(new URL(`../../../manifests/gitops/${name}.yaml`, import.meta.url), 'utf8'));

const { data: scripts } = z
  .object({ data: z.record(z.string(), z.string()) })
  .parse(await manifest('argocd'));
const { spec: flux } = z
  .object({ spec: z.object({ healthCheckExprs: z.tuple([Expressions]) }) })
  .parse(await manifest('flux'));
const [exprs] = flux.healthCheckExprs;

const argo = (objects: readonly KubeObject[]): Promise<HealthAnswer[]> =>
  healthOf(
    objects.map((object) => ({
      object,
      script: scripts[`resource.customizations.health.sluice.dev_${object.kind}`] ?? '',
    })),
  );

/** What Flux makes of a Kustomization with the checks of our example, once for each change. */
async function fluxOf(changes: readonly Change[]): Promise<readonly string[]> {
  const answers = await healthOf(
    changes.map(({ kind, object }) => (kind === 'Rollout' ? { object, exprs } : { object })),
  );
  const known = new Map<string, string>();
  return changes.map(({ kind }, at) => {
    known.set(kind, answers[at]?.status ?? '');
    const all = ['Rollout', 'Deployment'].map((one) => known.get(one) ?? 'InProgress');
    return ['Failed', 'InProgress'].find((status) => all.includes(status)) ?? 'Current';
  });
}

/** Consecutive values that differ. */
const course = (values: readonly string[]): string[] =>
  values.filter((value, at) => value !== values[at - 1]);

async function follow(site: Site) {
  const observer = await startObserver(site.api, ['Rollout']);
  return {
    stop: () => observer.stop(),
    of: (...kinds: string[]) => observer.changes().filter(({ kind, gone }) => !gone && kinds.includes(kind)),
  };
}

/** The Rollout once it says so much of its last release, and that none is under way. */
const untilSettled = (site: Site, outcome: string): Promise<KubeObject> =>
  until(`the Rollout says ${outcome}`, async () => {
    const rollout = await site.api.get('Rollout', MODEL);
    const { last, release } = (rollout?.['status'] ?? {}) as {
      last?: { outcome: string };
      release?: string;
    };
    return last?.outcome === outcome && release === undefined ? rollout : null;
  });

describe.concurrent('for GitOps tools', () => {
  it('a release is under way from the push on, waits where a person must act, and is healthy once promoted', async () => {
    const annotations = { ...QUICK, 'sluice.dev/approval': 'promotion' };
    await onSite(access, { annotations, rate: 60 }, async (site) => {
      await site.untilGated();
      await site.traffic(5_000);
      const seen = await follow(site);
      const v2 = await site.push('v2');
      await until('a person is asked', async () => {
        const release = await site.releaseOf(v2);
        return release?.status?.waitingFor === 'promotion' ? release : null;
      });
      await site.act(v2, { approvals: [{ gate: 'promotion' }] });
      await site.untilEnded(v2);
      await untilSettled(site, 'Promoted');
      await until('Flux is content', async () => {
        const last = (await fluxOf(seen.of('Rollout', 'Deployment'))).at(-1);
        return last === 'Current' ? last : null;
      });
      seen.stop();

      const rollout = await argo(seen.of('Rollout').map(({ object }) => object));
      expect(course(rollout.map(({ status }) => status))).toEqual([
        'Healthy',
        'Progressing',
        'Suspended',
        'Progressing',
        'Healthy',
      ]);
      expect(rollout.find(({ status }) => status === 'Suspended')?.message).toContain('sluice approve');
      const release = await argo(seen.of('Release').map(({ object }) => object));
      expect(course(release.map(({ status }) => status))).toEqual([
        'Progressing',
        'Suspended',
        'Progressing',
        'Healthy',
      ]);
      const since = (await fluxOf(seen.of('Rollout', 'Deployment'))).slice(1);
      expect(course(since)).toEqual(['Current', 'InProgress', 'Current']);
    });
  });

  it('a version that was rolled back has failed, with the reason, until another template stands there', async () => {
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      await site.untilGated();
      const { template } = (await site.deployment()).object['spec'] as { template: unknown };
      const seen = await follow(site);
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(v2);
      const [said] = await argo([await untilSettled(site, 'Aborted')]);
      expect(said).toEqual({
        status: 'Degraded',
        message: expect.stringContaining(`Release ${ended.metadata.name} was rolled back`),
      });
      expect(await argo([ended])).toMatchObject([{ status: 'Degraded', message: ended.status?.message }]);
      expect((await fluxOf(seen.of('Rollout', 'Deployment'))).at(-1)).toBe('Failed');

      await site.api.patch('Deployment', MODEL, [{ op: 'replace', path: '/spec/template', value: template }]);
      await until('the Rollout is healthy again', async () => {
        const rollout = await site.api.get('Rollout', MODEL);
        const [now] = rollout === null ? [] : await argo([rollout]);
        return now?.status === 'Healthy' ? now : null;
      });
      seen.stop();
    });
  });

  it('a Rollout that is wrong has failed, with the field', async () => {
    await onSite(access, { rate: 0 }, async (site) => {
      await site.api.create(quickRollout(MODEL, { target: { name: 'missing' } }));
      const rollout = await until('the Rollout is judged', async () => {
        const found = await site.api.get('Rollout', MODEL);
        return (found?.['status'] as { phase?: string } | undefined)?.phase === 'Invalid' ? found : null;
      });
      const [said] = await argo([rollout]);
      expect(said).toMatchObject({ status: 'Degraded', message: expect.stringContaining('missing') });
      expect(await healthOf([{ object: rollout, exprs }])).toMatchObject([{ status: 'Failed' }]);
    });
  });
});
