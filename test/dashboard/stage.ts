import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { bundleClient } from '../../hack/bundle/dashboard-client.ts';
import { systemClock } from '../../src/clock.ts';
import { type Assets, assetsOf } from '../../src/dashboard/server/assets.ts';
import { type ApiServer, startApiServer } from '../fakes/api-server.ts';
import { startDashboard, type TestDashboard } from '../fakes/dashboard.ts';
import { heldDeployment, NOW, release, replicaSet, rollout, stepping } from '../fixtures/cli.ts';
import { EXAMINER } from './examiner.ts';

/** Since the time of the fixtures, milliseconds. */
const PASSED = Date.now() - NOW;

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the browser of the machine: that of CHROMIUM, or Debian's package `chromium`. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = [process.env['CHROMIUM'] ?? '', ...CHROMIUM].find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error('there is no Chromium: apt-get install chromium, or set CHROMIUM to the path of one');
  // Everything that is opened is from this machine.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A dashboard in front of an API server in memory, with `ann` who may do everything, and a release that is under way. */
export interface Stage {
  readonly api: ApiServer;
  readonly dashboard: TestDashboard;
  close(): Promise<void>;
}

/** The real client. */
export const clientAssets = async (): Promise<Assets> => assetsOf((await bundleClient()).files);

/** A clock on which the fixtures are of now. */
const clock = { ...systemClock, now: () => systemClock.now() - PASSED };

/** Starts it with the real client. */
export async function startStage(): Promise<Stage> {
  const api = await startApiServer();
  api.people.set('ann-token', { name: 'ann', grants: [{ namespace: '*', plural: '*', verbs: ['*'] }] });
  api.put('rollouts', rollout({ release: 'ranker-s222222222' }));
  api.put('releases', release(stepping()));
  api.put('replicasets', replicaSet('ranker-s222222222', 1, 1));
  api.put('deployments', heldDeployment());
  const assets = await clientAssets();
  const dashboard = await startDashboard(api.url, { assets, clock, examiner: EXAMINER });
  return {
    api,
    dashboard,
    close: async () => {
      await dashboard.close();
      await api.close();
    },
  };
}

/** Opens a page in a fresh profile; what goes wrong in it is gathered in `faults`. `person` is where and how its person lives. */
export async function openPage(
  browser: Browser,
  url: string,
  person: Pick<BrowserContextOptions, 'timezoneId' | 'locale'> = {},
): Promise<{ readonly page: Page; readonly faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, ...person });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.clock.setFixedTime(Date.now() - PASSED);
  await page.goto(url);
  return { page, faults };
}

/** Signs somebody in by a token. */
export async function signInAs(page: Page, token: string): Promise<void> {
  await page.getByLabel(/Token/).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
