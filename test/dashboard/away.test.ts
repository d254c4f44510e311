import { describe, expect, it } from 'vitest';
import { stageForEach } from './each-test.ts';
import { blindRelease, putScene, richRelease } from './scene.ts';
import { openPage, signInAs } from './stage.ts';

const on = stageForEach();

describe.each(['/', '/rollouts/models/ranker'])('an open page %s', (path) => {
  it('says how old it is while the API server is away, and keeps what it shows', async () => {
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}${path}`);
    await signInAs(page, 'ann-token');
    await page.getByTitle('canary 25 %').waitFor();
    on.stage.api.fail(503);
    await page.getByText(/this is how it was \d+\w+ ago/).waitFor();
    expect(await page.getByTitle('canary 25 %').count()).toBe(1);
    on.stage.api.fail(null);
    await page.getByText('this is how it was').waitFor({ state: 'detached' });
  });

  it('says how old it is while the dashboard itself is away', async () => {
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}${path}`);
    await signInAs(page, 'ann-token');
    await page.getByTitle('canary 25 %').waitFor();
    await on.stage.dashboard.close();
    await page.getByText(/this is how it was \d+\w+ ago: the connection/).waitFor();
    expect(await page.getByTitle('canary 25 %').count()).toBe(1);
  });
});

describe('the page of a release whose Prometheus is away', () => {
  it('says since when nothing was measured, keeps the counts, and says no more when there is an answer', async () => {
    putScene(on.stage.api);
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByText('The newest window ended').waitFor();
    on.stage.api.put('releases', blindRelease());
    await page
      .getByText(/The source of errors, latency has not answered for \d+s: the counts are from before/)
      .waitFor();
    expect(await page.getByText('The newest window ended').count()).toBe(0);
    expect(await page.getByText(/canary \d+ bad of 1,?204/).count()).toBeGreaterThan(0);
    on.stage.api.put('releases', richRelease());
    await page.getByText('The newest window ended').waitFor();
  });
});
