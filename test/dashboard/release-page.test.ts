import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { stageForEach } from './each-test.ts';
import { before, putScene, richRelease, TRACE } from './scene.ts';
import { openPage, signInAs } from './stage.ts';

const on = stageForEach(({ api }) => putScene(api));

async function open(): Promise<{ page: Page; faults: string[] }> {
  const opened = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
  await signInAs(opened.page, 'ann-token');
  await opened.page.getByText('Stepping (Analysing)').waitFor();
  return opened;
}

const card = (page: Page, heading: string | RegExp) =>
  page.locator('section', { has: page.getByRole('heading', { name: heading, level: 2 }) });

describe('the page of a release', () => {
  it('shows what changed, the devices of pods, approvals, events, and what is at risk', async () => {
    const { page, faults } = await open();
    expect(await page.getByText('the canary has answered 900 requests: ').count()).toBe(1);
    const versions = card(page, 'Versions');
    expect(await versions.getByText('2 nvidia.com/gpu').count()).toBe(5);
    expect(await versions.getByText(/loading for .*1 restart/).count()).toBe(1);
    const change = await card(page, 'What changed').innerText();
    expect(change).toContain('registry/ranker:v1');
    expect(change).toContain('***1');
    expect(change).not.toContain('ranker-large');
    const people = await card(page, 'People').innerText();
    expect(people).toMatch(/start\s+not reached yet\s+1 of 2: ann\s+ann, bob/);
    expect(people).toContain('ann approved start');
    expect(people).toContain('the offline figures are fine');
    const events = await card(page, 'Events').innerText();
    expect(events).toContain('Readiness probe failed');
    expect(events).toContain('14 times');
    expect(events).not.toContain('Foreign');
    expect(faults).toEqual([]);
  });

  it('draws each metric with band, bound and windows in the colours of the theme', async () => {
    const { page } = await open();
    const metric = page.getByRole('article').filter({ hasText: 'latency' });
    expect(await metric.innerText()).toMatch(/canary 5.2 %\s+between 3.4 % and 7 %\s+allowed 5 %/);
    await metric.getByText('8 windows').click();
    expect(await metric.getByRole('row').nth(1).innerText()).toMatch(/125 of 2,400\s+32 of 7,200/);
    const orange = await page.evaluate(`(() => {
      const canvas = document.querySelectorAll('.metric canvas')[1];
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] > 200 && data[at] > 150 && data[at + 2] < 60) count += 1;
      return count;
    })()`);
    // The line of the canary is orange: a colour that the canvas does not know would be black.
    expect(orange).toBeGreaterThan(100);
  });

  it('leads to the numbers, logs and trace of this release', async () => {
    const { page } = await open();
    const links = await card(page, 'Links').getByRole('link').all();
    const hrefs = await Promise.all(links.map((one) => one.getAttribute('href')));
    expect(hrefs).toEqual([
      'https://grafana.example/d/sluice?var-release=ranker-s222222222',
      'https://logs.example/?namespace=models&workload=ranker',
      `https://traces.example/trace/${TRACE}`,
    ]);
  });

  it.each([
    ['Asia/Kolkata', 'GMT+5:30'],
    ['America/New_York', 'EST'],
  ])('shows times in the zone of the viewer (%s), and the exact one on hover', async (timezoneId, zone) => {
    const url = `${on.stage.dashboard.url}/rollouts/models/ranker`;
    const { page } = await openPage(on.browser, url, { timezoneId, locale: 'en-US' });
    await signInAs(page, 'ann-token');
    const began = page.getByText(/ranker-s222222222 began/).locator('time');
    await began.waitFor();
    const at = new Date((await began.getAttribute('datetime')) ?? '');
    const exact = at.toLocaleString('en-US', { timeZone: timezoneId, timeZoneName: 'short' });
    expect(exact).toContain(zone);
    expect(await began.getAttribute('title')).toBe(exact);
  });

  it('pauses with a reason, and shows it with who it was', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Reason').fill('until the model card is there');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByText('ann paused it').waitFor();
    expect(await card(page, 'People').innerText()).toContain('until the model card is there');
    expect(on.stage.api.get('releases', 'models', 'ranker-s222222222')?.['spec']).toMatchObject({
      paused: true,
      pause: { by: 'ann', reason: 'until the model card is there' },
    });
  });

  it('shifts nothing while numbers change', async () => {
    const { page } = await open();
    await page.evaluate(
      'window.shifts = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; }).observe({ type: "layout-shift", buffered: false });',
    );
    for (let at = 0; at < 3; at++) {
      const one = richRelease();
      const metrics = one.status?.analysis?.metrics.map((metric) => ({
        ...metric,
        canary: { ...metric.canary, events: 1_300 + 977 * at },
      }));
      const trail = [
        { phase: 'Stepping.Analysing', at: before(50 - at), reason: 'WeightRaised', weight: 25 },
      ];
      const status = { ...one.status, trail, analysis: { windows: 8 + at, metrics } };
      on.stage.api.put('releases', { ...one, status });
      await page.getByText(`after ${8 + at} windows`).waitFor();
    }
    expect(await page.evaluate('window.shifts')).toBeLessThan(0.01);
  });

  it.each([360, 3_840])('fits into a window of %i pixels', async (width) => {
    const { page } = await open();
    await page.setViewportSize({ width, height: 900 });
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBe(0);
  });
});
