import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, type Stage, signInAs, startBrowser, startStage } from './stage.ts';

const MODELS = [{ namespace: 'models', plural: '*', verbs: ['*'] }];

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  [browser, stage] = await Promise.all([startBrowser(), startStage()]);
});
afterAll(() => Promise.all([browser.close(), stage.close()]));

describe('somebody who may not see all namespaces', () => {
  it('names theirs on the page, and finds them again by its address', async () => {
    stage.api.people.set('eve-token', { name: 'eve', grants: MODELS });
    const { page, faults } = await openPage(browser, stage.dashboard.url);
    await signInAs(page, 'eve-token');
    await page.getByText('name a namespace that you may see').waitFor();
    const field = page.getByLabel('Look in namespaces');
    await field.fill('other, models');
    await field.press('Enter');
    await page.getByRole('link', { name: 'models/ranker' }).waitFor();
    await page.getByText('may not list rollouts in namespace other').waitFor();
    expect(new URL(page.url()).searchParams.get('in')).toBe('other, models');
    await page.reload();
    await page.getByRole('link', { name: 'models/ranker' }).waitFor();
    expect(faults).toEqual([]);
  });

  it.each([
    ['lies where they may not look', '/rollouts/other/ranker', 'eve may not get rollouts in namespace other'],
    ['does not exist', '/releases/models/nobody', 'nobody'],
  ])('reads why they see nothing of a release that %s', async (_what, path, text) => {
    stage.api.people.set('eve-token', { name: 'eve', grants: MODELS });
    const { page } = await openPage(browser, `${stage.dashboard.url}${path}`);
    await signInAs(page, 'eve-token');
    const notice = page.getByRole('alert').first();
    await notice.waitFor();
    expect(await notice.textContent()).toContain(text);
  });
});
