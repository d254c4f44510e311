import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { startDashboard } from '../fakes/dashboard.ts';
import { rollout } from '../fixtures/cli.ts';
import { stageForEach } from './each-test.ts';
import { waiting } from './scenes.ts';
import { clientAssets, openPage, signInAs } from './stage.ts';

/** Texts that become a script, an element or an attribute wherever a text is taken for markup. */
const SCRIPTS = [
  '<img src=x onerror="window.broken=1">',
  '<svg/onload=window.broken=1>',
  '"><script>window.broken=1</script>',
  "' onmouseover='window.broken=1' x='",
  '</title></style></textarea><script>window.broken=1</script>',
  '{{constructor.constructor("window.broken=1")()}}',
  'javascript:window.broken=1',
  '<iframe srcdoc="<script>parent.broken=1</script>"></iframe>',
  '&lt;script&gt;window.broken=1&lt;/script&gt;\u202e\u0000',
].join(' ');

/** Fields in which the API server takes any text. */
const FREE = new Set(['message', 'reason', 'by', 'onBehalfOf', 'stepText', 'image', 'text', 'value']);

/** The object with all of these in every field that people can fill as they like, and in annotations. */
function infested<T>(object: T, key = ''): T {
  if (typeof object === 'string') return (FREE.has(key) ? `${object} ${SCRIPTS}` : object) as T;
  if (Array.isArray(object)) return object.map((one: unknown) => infested(one, key)) as T;
  if (typeof object !== 'object' || object === null) return object;
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, infested<unknown>(value, name)]),
  ) as T;
}

const on = stageForEach();
/** The page of an attacker, under another origin of the same machine: even a strict cookie is sent from there. */
let foreign: Server;
let html = '';

beforeAll(async () => {
  foreign = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(html);
  });
  foreign.listen(0, '127.0.0.1');
  await once(foreign, 'listening');
});
afterAll(() => {
  foreign.close();
});

const RELEASE = 'ranker-s222222222';
const releaseNow = (): KubeObject | undefined => on.stage.api.get('releases', 'models', RELEASE);
const foreignUrl = (): string => `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;

/** Somebody who is signed in, and then opens the attacker's page in the same on.browser. */
async function lure(page: Page, body: string): Promise<Page> {
  await signInAs(page, 'ann-token');
  await page.getByRole('heading', { name: 'Rollouts' }).waitFor();
  html = `<!doctype html><title>foreign</title>${body}`;
  const other = await page.context().newPage();
  await other.goto(foreignUrl());
  return other;
}

const ALL = [{ namespace: '*', plural: '*', verbs: ['*'] }];

/** What a script of ours would have left, and elements that only markup in a text could have made. */
async function harmOf(page: Page): Promise<readonly unknown[]> {
  const found = await page.evaluate<unknown[]>(`[
    window.broken,
    document.querySelectorAll('img, iframe, main script, main svg, main style, [onmouseover], [onerror]').length,
    [...document.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol)).length,
  ]`);
  return found;
}
const HARMLESS = [undefined, 0, 0];

describe('texts of objects', () => {
  it.each([
    ['the fleet', '/', 'models/ranker'],
    ['a release', '/rollouts/models/ranker', 'models/ranker'],
    ['a release by its name', `/releases/models/${RELEASE}`, `models/${RELEASE}`],
  ])('that are scripts stay texts on the page of %s', async (_what, path, heading) => {
    const labels = { team: SCRIPTS };
    const one = rollout({ release: RELEASE });
    on.stage.api.put('rollouts', { ...one, metadata: { ...one.metadata, labels, annotations: labels } });
    // In the fleet a gate that waits hides the message.
    const { waitingFor: _gate, ...status } = waiting().status ?? {};
    const shown = path === '/' ? { ...waiting(), status } : waiting();
    on.stage.api.put('releases', infested(shown));
    const { page, faults } = await openPage(on.browser, `${on.stage.dashboard.url}${path}`);
    await signInAs(page, 'ann-token');
    await page.getByText(heading).first().waitFor();
    // The filter by team has the label, too, in a list that is closed.
    await page.getByText('window.broken').filter({ visible: true }).first().waitFor();
    // Titles are shown by the browser; everything that can be hovered over is.
    for (const element of await page.locator('[title]').all()) await element.dispatchEvent('mouseover');
    expect(await harmOf(page)).toEqual(HARMLESS);
    expect(await page.title()).toBe('Sluice');
    expect(faults).toEqual([]);
  });

  it('that are scripts stay texts in the question before an act, and in its answer', async () => {
    on.stage.api.put('releases', infested(waiting()));
    const { page, faults } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByRole('button', { name: 'Abort', exact: true }).click();
    await page.getByLabel('Reason').fill(SCRIPTS.slice(0, 400));
    await page.getByRole('dialog').getByRole('button', { name: 'Abort', exact: true }).click();
    await page.getByRole('status').getByText('is being rolled back, by ann').waitFor();
    expect(await harmOf(page)).toEqual(HARMLESS);
    expect(faults).toEqual([]);
  });

  it('lead nowhere but to pages by HTTP', async () => {
    const one = waiting();
    const links = [{ name: 'script', url: 'javascript:window.broken=1' }];
    on.stage.api.put('releases', { ...one, spec: { ...one.spec, policy: { ...one.spec.policy, links } } });
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByRole('heading', { name: 'models/ranker' }).waitFor();
    await page.getByText('Stepping (Analysing)').waitFor();
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  });
});

describe('a page of somebody else', () => {
  it('cannot frame the dashboard', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    const other = await lure(page, `<iframe src="${on.stage.dashboard.url}/"></iframe>`);
    const frame = other.frames().find((one) => one !== other.mainFrame());
    await other.waitForLoadState('load');
    expect(frame?.url()).toMatch(/^chrome-error:/);
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'act=abort'],
    ['a form that looks like JSON', 'text/plain', '{"act":"abort","x":"'],
  ])('cannot act by %s', async (_what, type, field) => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    const action = `${on.stage.dashboard.url}/api/v1/namespaces/models/releases/${RELEASE}/acts`;
    const name = field.replaceAll('"', '&quot;');
    const other = await lure(
      page,
      `<form method="post" enctype="${type}" action="${action}"><input name="${name}" value="&quot;}"></form>
      <script>document.forms[0].submit()</script>`,
    );
    await other.getByText('did not come from this page').waitFor();
    expect(releaseNow()?.['spec']).not.toHaveProperty('abort');
  });

  it('can neither act nor read by a script', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    const other = await lure(page, '');
    const tried = await other.evaluate(`(async () => {
      const url = '${on.stage.dashboard.url}/api/v1';
      const name = (error) => error.name;
      const with_ = { credentials: 'include' };
      const body = JSON.stringify({ act: 'abort', reason: 'x' });
      const headers = { 'content-type': 'application/json', 'x-csrf-token': 'guessed' };
      const acts = url + '/namespaces/models/releases/${RELEASE}/acts';
      return [
        await fetch(url + '/session', with_).then((answer) => answer.text(), name),
        await fetch(url + '/fleet', with_).then((answer) => answer.text(), name),
        await fetch(acts, { ...with_, method: 'POST', headers, body }).then((answer) => answer.text(), name),
        await fetch(acts, { ...with_, mode: 'no-cors', method: 'POST', body }).then(({ type }) => type, name),
      ];
    })()`);
    expect(tried).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError']);
    expect(releaseNow()?.['spec']).not.toHaveProperty('abort');
  });

  it('cannot sign a person in as somebody else', async () => {
    on.stage.api.people.set('eve-token', { name: 'eve', grants: [] });
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    const other = await lure(
      page,
      `<form method="post" enctype="text/plain" action="${on.stage.dashboard.url}/api/v1/sign-in">
        <input name="{&quot;token&quot;:&quot;eve-token&quot;,&quot;x&quot;:&quot;" value="&quot;}"></form>
      <script>document.forms[0].submit()</script>`,
    );
    await other.getByText('must be JSON').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Rollouts' }).waitFor();
    expect(await page.getByText('ann', { exact: true }).count()).toBe(1);
  });
});

describe('a session', () => {
  it('whose token is revoked ends on the open page, which says so, and acts no more', async () => {
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByRole('button', { name: 'Abort', exact: true }).click();
    on.stage.api.people.delete('ann-token');
    await page.getByRole('dialog').getByRole('button', { name: 'Abort', exact: true }).click();
    await page.getByRole('alert').getByText('your session is over').waitFor();
    await page.getByLabel(/Token/).waitFor();
    expect(releaseNow()?.['spec']).not.toHaveProperty('abort');
    on.stage.api.people.set('new-token', { name: 'ann', grants: ALL });
    await signInAs(page, 'new-token');
    await page.getByRole('heading', { name: 'models/ranker' }).waitFor();
  });

  it('that a restarted dashboard does not know ends on the open page, which comes back after signing in', async () => {
    const port = Number(new URL(on.stage.dashboard.url).port);
    const { page } = await openPage(on.browser, `${on.stage.dashboard.url}/rollouts/models/ranker`);
    await signInAs(page, 'ann-token');
    await page.getByText('Stepping (Analysing)').waitFor();
    await on.stage.dashboard.close();
    await page.getByText('trying again').waitFor();
    const again = await startDashboard(on.stage.api.url, { assets: await clientAssets() }, port);
    await page.getByRole('alert').getByText('your session is over').waitFor();
    await signInAs(page, 'ann-token');
    await page.getByText('Stepping (Analysing)').waitFor();
    expect(await page.getByText('your session is over').count()).toBe(0);
    await again.close();
  });

  it('that asks too much is slowed down, and works again afterwards', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    await signInAs(page, 'ann-token');
    await page.getByRole('heading', { name: 'Rollouts' }).waitFor();
    const codes = await page.evaluate<number[]>(`Promise.all(Array.from({ length: 300 }, () =>
      fetch('/api/v1/namespaces/models/rights').then(({ status }) => status)))`);
    expect(new Set(codes)).toEqual(new Set([200, 429]));
    await expect
      .poll(() => page.evaluate(`fetch('/api/v1/namespaces/models/rights').then(({ status }) => status)`))
      .toBe(200);
  });

  it('is not in reach of scripts, and neither is the token', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    await signInAs(page, 'ann-token');
    await page.getByRole('heading', { name: 'Rollouts' }).waitFor();
    const kept = await page.evaluate(
      `document.cookie + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.documentElement.outerHTML`,
    );
    expect(kept).not.toContain('ann-token');
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('runs no script that the page did not bring', async () => {
    const { page } = await openPage(on.browser, on.stage.dashboard.url);
    const run = `(() => {
      const script = document.createElement('script');
      try { script.textContent = 'window.broken=1'; document.head.append(script); } catch {}
      try { document.body.innerHTML = '<img src=x onerror="window.broken=1">'; } catch {}
      return window.broken;
    })()`;
    expect(await page.evaluate(run)).toBeUndefined();
  });
});
