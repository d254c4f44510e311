import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { type Controller, createController } from '../../../hack/testbed/controller.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { OidcProvider } from '../../fakes/oidc-provider.ts';
import { tokenOf } from '../../integration/accounts.ts';
import { createClient } from '../../integration/kubectl.ts';
import { type ProvidedDashboard, startProvidedDashboard } from '../../integration/provided-dashboard.ts';
import { startBrowser } from '../stage.ts';
import { actOn, isSame, mark, type Viewer, visit, visitAs } from './people.ts';

const access = inject('access');
const admin = createClient(access);
const PORT = 18_485;
const URL = `http://127.0.0.1:${PORT}`;
/** Releases take a while on a busy machine. */
const PATIENCE = { timeout: 120_000 };
const ROLES = { viewer: ['view', 'sluice-view'], editor: ['view', 'sluice-view', 'sluice-edit'] } as const;

let browser: Browser;
let provider: OidcProvider;
let provided: ProvidedDashboard | undefined;
let controller: Controller;

beforeAll(async () => {
  controller = createController(access, { name: 'pages' });
  [browser, provided] = await Promise.all([
    startBrowser(),
    startProvidedDashboard(access, PORT),
    controller.start(),
  ]);
  ({ provider } = provided);
});
afterAll(async () => {
  await browser?.close();
  await provided?.stop();
  await controller?.stop();
});

const rolloutUrl = ({ namespace }: Site): string => `${URL}/rollouts/${namespace}/model`;

/** Somebody with these roles at the page of the site's Rollout. */
async function open(site: Site, name: string, roles: readonly string[]): Promise<Viewer> {
  return visitAs(browser, rolloutUrl(site), await tokenOf(admin, site.namespace, name, ...roles));
}

const says = ({ page }: Viewer, text: string | RegExp): Promise<void> =>
  page.getByText(text, { exact: true }).first().waitFor(PATIENCE);

describe.concurrent('a page that is left open', () => {
  it('shows a good version from the push to the promotion to somebody who has signed in by OpenID Connect', async () => {
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      provider.person = { name: 'ann', groups: ['ml'] };
      const kubectl = admin.with('--namespace', site.namespace);
      for (const role of ROLES.viewer)
        await kubectl.ok(['create', 'rolebinding', `ml-${role}`, `--clusterrole=${role}`, '--group=oidc:ml']);
      await site.untilGated();
      const viewer = await until(
        'the API server trusts the provider',
        async () => {
          const one = await visit(browser, rolloutUrl(site));
          await one.page.getByRole('link', { name: 'Sign in with your account' }).click();
          const who = one.page.getByText('oidc:ann');
          await who.or(one.page.getByRole('alert')).first().waitFor();
          if ((await who.count()) > 0) return one;
          await one.page.context().close();
          return null;
        },
        { within: 120_000, every: 2_000 },
      );
      const { page } = viewer;
      await page.goto(rolloutUrl(site));
      await page.getByRole('heading', { name: `${site.namespace}/model` }).waitFor();
      await mark(page);
      const v2 = await site.push('v2');
      await says(viewer, /^Stepping/);
      await page.getByTitle('canary 25 %').first().waitFor(PATIENCE);
      await page.getByTitle('canary 50 %').first().waitFor(PATIENCE);
      await page.locator('.plot canvas').first().waitFor(PATIENCE);
      const ended = await site.untilEnded(v2);
      expect(ended.status?.phase).toBe('Promoted');
      await says(viewer, 'Promoted');
      expect(await page.getByRole('button', { name: 'Abort' }).count()).toBe(0);
      expect(await isSame(page)).toBe(true);
      expect(viewer.faults).toEqual([]);

      // Who signs out here has signed out there: the next to come is asked who they are, and refuses.
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Yes, sign me out' }).click();
      const link = page.getByRole('link', { name: 'Sign in with your account' });
      await link.waitFor();
      expect(page.url()).toBe(`${URL}/`);
      provider.person = null;
      await link.click();
      await page.getByRole('alert').getByText('the person refused').waitFor();
    });
  });

  it('shows why a bad version is rolled back, with numbers, and stays when its release has ended', async () => {
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      await site.untilGated();
      const viewer = await open(site, 'victor', ROLES.viewer);
      await viewer.page.getByRole('heading', { name: `${site.namespace}/model` }).waitFor();
      await mark(viewer.page);
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const { metadata, status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      await viewer.page
        .getByText(status?.message ?? '')
        .first()
        .waitFor(PATIENCE);
      expect(await isSame(viewer.page)).toBe(true);
      await viewer.page.goto(`${URL}/releases/${site.namespace}/${metadata.name}`);
      await says(viewer, 'Aborted');
      expect(viewer.faults).toEqual([]);
    });
  });

  it('lets the right person approve and the wrong one not, and both see it at once', async () => {
    const annotations = { ...QUICK, 'sluice.dev/approval': 'start' };
    await onSite(access, { annotations, rate: 40 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Pending');
      const [alice, edith] = await Promise.all([
        open(site, 'alice', [...ROLES.viewer, 'sluice-approve']),
        open(site, 'edith', ROLES.editor),
      ]);
      const approve = edith.page.getByRole('button', { name: 'Approve', exact: true });
      await approve.waitFor();
      await edith.page.getByText('sluice-approve').first().waitFor();
      expect(await approve.isDisabled()).toBe(true);
      // Who gets round the button is refused by the API server.
      const release = (await site.releaseOf(v2))?.metadata.name;
      const answer = await edith.page.evaluate(`(async () => {
        const { csrf } = await (await fetch('/api/v1/session')).json();
        const answer = await fetch('/api/v1/namespaces/${site.namespace}/releases/${release}/acts', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
          body: JSON.stringify({ act: 'approve', gate: 'start', reason: 'mine' }),
        });
        return [answer.status, (await answer.json()).message];
      })()`);
      expect(answer).toEqual([403, expect.stringContaining('may not approve releases')]);
      expect((await site.releaseOf(v2))?.spec.approvals).toBeUndefined();

      await actOn(alice.page, 'Approve', 'looks good');
      await alice.page.getByRole('status').getByText('is approved by').waitFor();
      await edith.page.getByText('looks good').first().waitFor(PATIENCE);
      expect((await site.untilEnded(v2)).status?.phase).toBe('Promoted');
    });
  });

  it('of two people who abort at once tells the second who was first', async () => {
    const annotations = { ...QUICK, 'sluice.dev/min-requests': '100000' };
    await onSite(access, { annotations, rate: 20 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      const people = await Promise.all(['one', 'two'].map((name) => open(site, name, ROLES.editor)));
      for (const { page } of people) await page.getByRole('button', { name: 'Abort', exact: true }).click();
      await Promise.all(
        people.map(async ({ page }, index) => {
          const dialog = page.getByRole('dialog');
          await dialog.getByLabel('Reason').fill(`by ${index}`);
          await dialog.getByRole('button', { name: 'Abort', exact: true }).click();
        }),
      );
      const outcomes = await Promise.all(
        people.map(async ({ page }) => {
          const done = page.getByRole('status').filter({ hasText: /by / });
          const refused = page.getByRole('dialog').getByRole('alert');
          const outcome = done.or(refused).first();
          await outcome.waitFor(PATIENCE);
          return (await outcome.textContent()) ?? '';
        }),
      );
      const { spec } = (await site.releaseOf(v2)) ?? {};
      expect(outcomes.every((text) => text.includes(`${spec?.abort?.by}`))).toBe(true);
      expect(outcomes.filter((text) => text.includes('already'))).toHaveLength(1);
      expect((await site.untilEnded(v2)).status?.phase).toBe('Aborted');
    });
  });

  it('shows nothing to somebody without rights, and says why', async () => {
    await admin.ok(['create', 'namespace', 'pages-nobody']);
    const token = await tokenOf(admin, 'pages-nobody', 'nobody');
    const { page } = await visitAs(browser, `${URL}/?in=pages-nobody`, token);
    await page.getByText('may not list rollouts in namespace pages-nobody').waitFor();
    await page.getByText('There is no Rollout to show').waitFor();
    await page.goto(`${URL}/rollouts/pages-nobody/model`);
    const notice = page.getByRole('alert').getByText('may not').first();
    await notice.waitFor();
    expect(await notice.textContent()).toContain('pages-nobody:nobody may not');
    await admin.run(['delete', 'namespace', 'pages-nobody', '--wait=false']);
  });

  it.each([
    ['made up', () => 'not.a.token'],
    ['of an account that is deleted', () => tokenOf(admin, 'default', 'leaving')],
  ])('lets nobody in with a token %s', async (_what, give) => {
    const token = await give();
    await admin.run(['--namespace', 'default', 'delete', 'serviceaccount', 'leaving', '--ignore-not-found']);
    const { page } = await visit(browser, URL);
    await until('the token counts no more', async () => {
      await page.goto(URL);
      await page.getByLabel(/Token/).fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      const out = page.getByRole('button', { name: 'Sign out' });
      await page.getByRole('alert').or(out).first().waitFor();
      if ((await out.count()) === 0) return true;
      await out.click();
      return null;
    });
    expect(await page.getByRole('alert').first().textContent()).toMatch(/token|credentials/i);
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  });
});

describe('a page with nothing else beside it', () => {
  it('aborts under load, and no request is lost', async () => {
    // Proxies get to know of a new pod when istiod has had the time to say so, which takes seconds on a busy machine.
    const annotations = { ...QUICK, 'sluice.dev/min-requests': '100000', 'sluice.dev/settle': '5s' };
    await onSite(access, { annotations, rate: 80 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      const viewer = await open(site, 'edith', ROLES.editor);
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await viewer.page.getByTitle('canary 25 %').first().waitFor(PATIENCE);
      await actOn(viewer.page, 'Abort', 'too slow for us');
      await viewer.page.getByRole('status').getByText('is being rolled back').waitFor(PATIENCE);
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AbortRequested', weight: 0 });
      await says(viewer, 'Aborted');
      await site.untilOnly('v1');
      expect(site.records().some(({ version }) => version === 'v2')).toBe(true);
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(viewer.faults).toEqual([]);
    });
  });
});
