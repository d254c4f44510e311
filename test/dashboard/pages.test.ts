import { describe, expect, it } from 'vitest';
import { release, stepping } from '../fixtures/cli.ts';
import { stageForEach } from './each-test.ts';
import { openPage, signInAs } from './stage.ts';

const on = stageForEach();

describe('the dashboard in a browser', () => {
  it('shows the fleet and a release, follows it, and aborts it in the name of the person', async () => {
    const { page, faults } = await openPage(on.browser, on.stage.dashboard.url);
    await signInAs(page, 'ann-token');
    await page.getByRole('link', { name: 'models/ranker' }).click();
    await page.getByText('Stepping (Analysing)').waitFor();
    await page.getByRole('button', { name: 'Abort' }).click();
    await page.getByLabel('Reason').fill('too slow');
    await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
    await page.getByRole('status').getByText('is being rolled back, by ann').waitFor();
    expect(on.stage.api.get('releases', 'models', 'ranker-s222222222')?.['spec']).toMatchObject({
      abort: { by: 'ann', reason: 'too slow' },
    });
    await page.goto(`${on.stage.dashboard.url}/releases/models/ranker-s222222222`);
    await page.getByText('Stepping (Analysing)').waitFor();
    const finishedAt = new Date().toISOString();
    const { stage: _stage, ...status } = stepping();
    on.stage.api.put(
      'releases',
      release({ ...status, phase: 'Aborted', finishedAt, reason: 'AbortRequested' }),
    );
    await page.getByText('Aborted', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Abort' }).count()).toBe(0);
    // Among these would be what the policy of the server refuses.
    expect(faults).toEqual([]);
  });

  it('shows hostile texts as text', async () => {
    const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const one = release({ ...stepping(), message: attack }, { abort: { by: attack, reason: attack } });
    const links = [{ name: attack, url: 'https://example.com/?"onclick="x' }];
    on.stage.api.put('releases', { ...one, spec: { ...one.spec, policy: { ...one.spec.policy, links } } });
    const { page, faults } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByText(attack).first().waitFor();
    expect(await page.title()).toBe('Sluice');
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('opens no stream while it is hidden, and catches up when it is shown', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    await signInAs(page, 'ann-token');
    await page.getByTitle('canary 25 %').waitFor();
    const setHidden = (hidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
        document.dispatchEvent(new Event('visibilitychange'));`,
      );
    await setHidden(true);
    await expect.poll(() => on.stage.dashboard.parts.streams.count, { timeout: 10_000 }).toBe(0);
    on.stage.api.put('releases', release({ ...stepping(), step: 2, weight: 50, stepText: '3/3 (50 %)' }));
    await setHidden(false);
    await page.getByTitle('canary 50 %').waitFor();
  });
});
