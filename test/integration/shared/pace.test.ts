import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { conditionOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');

/** The quick policy with another analysis. */
const rollout = (analysis: object): ReturnType<typeof quickRollout> => {
  const made = quickRollout(MODEL);
  const spec = made['spec'] as { analysis: object };
  return {
    ...made,
    spec: {
      ...spec,
      steps: [{ weight: 60 }],
      canary: { replicas: 1 },
      analysis: { ...spec.analysis, ...analysis },
    },
  };
};

/** The weights that the evidence has chosen for a release. */
async function weightsOf(site: Site, pushed: Pushed): Promise<readonly number[]> {
  const { status } = (await site.releaseOf(pushed)) ?? {};
  return status?.weights ?? [];
}

describe.concurrent('the pace of a release', () => {
  it('is chosen by the evidence where the steps are "auto": a good version ascends, a bad one goes no further', async () => {
    const annotations = { ...QUICK, 'sluice.dev/steps': 'auto' };
    await onSite(access, { annotations, rate: 80 }, async (site) => {
      await site.untilGated();
      const good = await site.push('v2');
      const promoted = await site.untilEnded(good);
      expect(promoted.status).toMatchObject({ phase: 'Promoted' });
      expect(promoted.spec.policy).toMatchObject({ autoSteps: { min: 10, max: 50 } });
      const weights = await weightsOf(site, good);
      expect([weights[0], weights.at(-1)]).toEqual([10, 50]);
      expect(weights).toEqual([...new Set(weights)].toSorted((a, b) => a - b));
      expect(promoted.status?.stepText).toBe('promotion');
      const told = (promoted.status?.messages ?? []).filter(({ text }) => /: next [0-9]+ %/.test(text));
      expect(told).toHaveLength(weights.length - 1);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);

      const bad = await site.push('v3', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(bad);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
      expect(await weightsOf(site, bad)).toEqual([10]);
    });
  });

  it('ends at maxBake where the evidence does not decide, as onInconclusive says', async () => {
    await onSite(access, { rate: 80 }, async (site) => {
      const { api } = site;
      // A proof takes four minutes at least, so nothing is decided before.
      const undecided = { promoteOn: 'proven', maxBake: '6s' };
      await api.create(rollout({ ...undecided, onInconclusive: 'abort' }));
      await site.untilGated();
      const first = await site.push('v2');
      const aborted = await site.untilEnded(first);
      expect(aborted.status).toMatchObject({ phase: 'Aborted', reason: 'BakeExceeded' });
      expect(aborted.status?.message).toContain('the evidence does not decide within 6s (maxBake)');

      const change = { promoteOn: 'proven', maxBake: '6s', onInconclusive: 'hold' };
      await api.merge('Rollout', MODEL, { spec: { analysis: change } });
      const second = await site.push('v3');
      const held = await until('it is held', async () => {
        const release = await site.releaseOf(second);
        return release?.status?.reason === 'BakeOverdue' ? release : null;
      });
      expect(held.status).toMatchObject({ phase: 'Stepping', weight: 60 });
      expect(held.status?.message).toContain('it stays at 60 % (analysis.onInconclusive: hold)');
      // Six tenths of the traffic on one pod beside two: three times as many requests as each of those.
      expect(conditionOf(held, 'LoadEven')).toMatchObject({ status: 'False', reason: 'UnevenLoad' });
      const uneven = (held.status?.messages ?? []).filter(({ reason }) => reason === 'UnevenLoad');
      expect(uneven).toMatchObject([{ text: expect.stringContaining('alike at a weight of 33 %') }]);
      await api.merge('Release', held.metadata.name, { spec: { skipStep: 0 } });
      expect((await site.untilEnded(second)).status).toMatchObject({ phase: 'Promoted' });

      await api.merge('Rollout', MODEL, { spec: { analysis: { onInconclusive: 'promote' } } });
      const third = await site.push('v4');
      const promoted = await site.untilEnded(third);
      expect(promoted.status).toMatchObject({ phase: 'Promoted' });
      expect(promoted.status?.trail?.map(({ reason }) => reason)).toContain('StepInconclusive');
    });
  });
});
