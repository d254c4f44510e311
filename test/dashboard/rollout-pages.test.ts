import { describe, expect, it } from 'vitest';
import type { ReleaseStatus } from '../../src/api/release/release.ts';
import { release, rollout, stepping } from '../fixtures/cli.ts';
import { stageForEach } from './each-test.ts';
import { before, putScene } from './scene.ts';
import { openPage, type Stage, signInAs } from './stage.ts';

function ended(
  { api }: Stage,
  name: string,
  phase: 'Promoted' | 'Aborted',
  reason: string,
  began: number,
): void {
  const { stage: _stage, ...status } = stepping();
  const over: Partial<ReleaseStatus> = {
    ...status,
    phase,
    reason,
    startedAt: before(began),
    finishedAt: before(began - 300),
  };
  api.put('releases', release(over, {}, name));
}

const on = stageForEach((stage) => {
  putScene(stage.api);
  ended(stage, 'ranker-a', 'Promoted', 'Promoted', 5_000);
  ended(stage, 'ranker-b', 'Aborted', 'MetricFailed', 4_000);
});

describe('the pages of a Rollout', () => {
  it('show its history, and two releases beside each other, also by their address', async () => {
    const { page, faults } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByLabel('compare ranker-a').check();
    await page.getByLabel('compare ranker-b').check();
    const beside = page.getByRole('heading', { name: 'Beside each other' });
    await beside.waitFor();
    expect(await page.getByRole('row', { name: /^Outcome Promoted Aborted/ }).count()).toBe(1);
    await page.reload();
    await beside.waitFor();
    expect(await page.getByText('5m00s').count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it('say what the policy does, and lead from a condition to what it means', async () => {
    const attack = '<img src=x onerror="document.title=1">';
    const condition = { type: 'Ready', status: 'False' as const, lastTransitionTime: before(60) };
    const conditions = [{ ...condition, reason: 'PausedByOwner', message: attack }];
    on.stage.api.put('rollouts', rollout({ release: 'ranker-s222222222', conditions }));
    const { page, faults } = await openPage(
      on.browser,
      `${on.stage.dashboard.url}/rollouts/models/ranker/policy`,
    );
    await signInAs(page, 'ann-token');
    await page.getByText('10 % → 25 % → 50 % → promotion.').waitFor();
    await page.getByText(attack).waitFor();
    expect(await page.title()).toBe('Sluice');
    await page.getByRole('link', { name: 'PausedByOwner' }).click();
    await page.getByText('kubectl rollout resume').waitFor();
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(['PausedByOwner']);
    expect(faults).toEqual([]);
  });

  it('examine the policy: what is missing with the right that it takes, how long it takes, what it would have done', async () => {
    const url = `${on.stage.dashboard.url}/rollouts/models/ranker/policy`;
    const { page, faults } = await openPage(on.browser, url);
    await signInAs(page, 'ann-token');
    await page.getByRole('button', { name: 'Check now' }).click();
    await page
      .getByText(/you may not list .*virtualservices.*--user=ann --clusterrole=sluice-view-routes/)
      .waitFor();
    await page.getByRole('button', { name: 'Plan' }).click();
    await page.getByText(/^The routes are not known: /).waitFor();
    await page.getByText('The traffic of latency is not known').waitFor();
    await page.getByLabel('Since').selectOption('1h');
    await page.getByLabel('Followed for').selectOption('1m');
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('good releases rolled back').waitFor();
    await page
      .getByText('40 more had no version that served all along, or no requests (the counts go back only 3d')
      .waitFor();
    expect(faults).toEqual([]);
  });
});
