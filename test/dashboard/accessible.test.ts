import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { stageForEach } from './each-test.ts';
import { SCENES } from './scenes.ts';
import { openPage } from './stage.ts';

/** WCAG 2.2 up to AA, and what axe recommends beyond it. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [360, 390, 1_280, 2_560, 3_840] as const;

const on = stageForEach();

/** What axe finds, each with the elements in question. */
async function findingsOf(page: Page): Promise<readonly string[]> {
  // By the debugger, which the policy of the page does not bind.
  await page.evaluate(axe.source);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(TAGS)} })`;
  const { violations } = await page.evaluate<axe.AxeResults>(run);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}: ${failureSummary}`),
  );
}

/** Whether something stands beyond the right edge once plots have their size: the page had to be scrolled sideways. */
const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate(`new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
    resolve(document.documentElement.scrollWidth > document.documentElement.clientWidth))))`);

describe.each(SCENES)('$name', ({ open }) => {
  it('is accessible by axe in both themes, and fits from a telephone to a wall', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    await open(page, on.stage);
    const findings: string[] = [];
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1_280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        for (const finding of await findingsOf(page)) findings.push(`${colorScheme} ${width}: ${finding}`);
      }
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      if (await isTooWide(page)) findings.push(`wider than ${width}`);
    }
    expect(findings).toEqual([]);
  });
});
