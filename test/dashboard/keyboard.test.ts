import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { stageForEach } from './each-test.ts';
import { putScene } from './scene.ts';
import { openPage, signInAs } from './stage.ts';

/** More stops than any page here has. */
const MOST_STOPS = 80;

const on = stageForEach(({ api }) => putScene(api));

/** What has the focus: its role or tag, and its name. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const { activeElement: one } = document;
    return one.tagName.toLowerCase() + ' ' + (one.getAttribute('aria-label') ?? one.textContent ?? '').trim();
  })()`);

/** Goes from stop to stop until one is the wanted one. */
async function tabTo(page: Page, wanted: RegExp): Promise<string> {
  const stops: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const here = await focused(page);
    if (wanted.test(here)) return here;
    stops.push(here.slice(0, 40));
  }
  throw new Error(`no stop is ${wanted}: ${stops.join(' | ')}`);
}

/** Whether the focus can be seen. */
const isSeen = (page: Page): Promise<boolean> =>
  page.evaluate(`(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  })()`);

describe('without a mouse', () => {
  it('somebody finds a Rollout, opens it, and aborts its release with a reason', async () => {
    const { page, faults } = await openPage(on.browser, `${on.stage.dashboard.url}/`);
    await signInAs(page, 'ann-token');
    await page.getByRole('link', { name: 'ranker' }).first().waitFor();
    await tabTo(page, /^a .*ranker/);
    expect(await isSeen(page)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('Stepping (Analysing)').waitFor();

    await tabTo(page, /^button Abort$/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // It is given back to where it was, so that nobody has to begin at the top.
    expect(await focused(page)).toBe('button Abort');

    await page.keyboard.press('Enter');
    await dialog.waitFor();
    expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
    if (!(await focused(page)).startsWith('textarea')) await tabTo(page, /^textarea/);
    await page.keyboard.type('by keys alone');
    await tabTo(page, /^button Abort$/);
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('is being rolled back, by ann').waitFor();
    expect(on.stage.api.get('releases', 'models', 'ranker-s222222222')?.['spec']).toMatchObject({
      abort: { by: 'ann', reason: 'by keys alone' },
    });
    expect(faults).toEqual([]);
  });

  it('somebody reaches every question about a policy', async () => {
    const { page, faults } = await openPage(
      on.browser,
      `${on.stage.dashboard.url}/rollouts/models/ranker/policy`,
    );
    await signInAs(page, 'ann-token');
    await page.getByRole('heading', { name: 'In plain words' }).waitFor();
    await tabTo(page, /^button Check now$/);
    expect(await isSeen(page)).toBe(true);
    await tabTo(page, /^button Plan$/);
    await tabTo(page, /^button Replay$/);
    expect(faults).toEqual([]);
  });
});
