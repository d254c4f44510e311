import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPage, type Stage, signInAs, startBrowser, startStage } from './stage.ts';

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  stage = await startStage();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await stage.close();
});

describe.each(['/', '/rollouts/models/ranker'])('an open page %s', (path) => {
  it('says how old it is while the API server is away, and keeps what it shows', async () => {
    const { page } = await openPage(browser, `${stage.dashboard.url}${path}`);
    await signInAs(page, 'ann-token');
    await page.getByTitle('canary 25 %').waitFor();
    stage.api.fail(503);
    await page.getByText(/this is how it was \d+\w+ ago/).waitFor();
    expect(await page.getByTitle('canary 25 %').count()).toBe(1);
    stage.api.fail(null);
    await page.getByText('this is how it was').waitFor({ state: 'detached' });
  });

  it('says how old it is while the dashboard itself is away', async () => {
    const { page } = await openPage(browser, `${stage.dashboard.url}${path}`);
    await signInAs(page, 'ann-token');
    await page.getByTitle('canary 25 %').waitFor();
    await stage.dashboard.close();
    await page.getByText(/this is how it was \d+\w+ ago: the connection/).waitFor();
    expect(await page.getByTitle('canary 25 %').count()).toBe(1);
  });
});
