import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundle } from '../../../hack/bundle/bundle.ts';
import { type Controller, createController } from '../../../hack/testbed/controller.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { actOn as actOnComponent } from '../../../hack/testbed/remote.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { tokenOf } from '../../integration/accounts.ts';
import { type DashboardProcess, startDashboardProcess } from '../../integration/dashboard-process.ts';
import { createClient } from '../../integration/kubectl.ts';
import { startBrowser } from '../stage.ts';
import { visitAs } from './people.ts';

const access = inject('access');
const components = inject('components');
const admin = createClient(access);
const PORT = 18_486;
const URL = `http://127.0.0.1:${PORT}`;
const PATIENCE = { timeout: 60_000 };
/** What petra has beside `sluice-view`: her workloads, and no routes. */
const WORKLOADS = 'pages-workloads';

let browser: Browser;
let dashboard: DashboardProcess;
let controller: Controller;

beforeAll(async () => {
  const program = join(access.dir, 'sluice-prometheus.mjs');
  controller = createController(access, { name: 'prometheus-pages' });
  [browser] = await Promise.all([startBrowser(), bundle('sluice', program), controller.start()]);
  const resource = 'deployments.apps,replicasets.apps,services,pods,events,configmaps';
  await admin.ok(['create', 'clusterrole', WORKLOADS, '--verb=get,list,watch', `--resource=${resource}`]);
  dashboard = await startDashboardProcess(access, program, PORT, [
    '--behind-proxy',
    `--prometheus-url=${access.prometheusUrl}`,
  ]);
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.stop();
  await controller?.stop();
  await admin.run(['delete', 'clusterrole', WORKLOADS, '--ignore-not-found']);
});

/** Runs the command that the page gives, as the administrator who is asked to. */
async function grantWhatIsMissing(page: Page): Promise<void> {
  const text = await page.getByText('kubectl create ').first().innerText();
  const command = /kubectl (create .*--clusterrole=\S+(?: -n \S+)?)/.exec(text)?.[1] ?? '';
  await admin.ok(command.split(' '));
}

/** Presses a button again and again until the page says something: rights are noticed within a minute. */
async function untilSaid(page: Page, button: string, text: string | RegExp): Promise<void> {
  await until(
    `the page says ${text} after ${button}`,
    async () => {
      const pressed = page.getByRole('button', { name: button, exact: true });
      if (await pressed.isEnabled()) await pressed.click();
      await page.getByRole('button', { name: button, exact: true, disabled: false }).waitFor(PATIENCE);
      return (await page.getByText(text).count()) > 0;
    },
    { within: 100_000, every: 1_000 },
  );
}

describe('the pages on the real Prometheus', () => {
  it('examine a policy, name each right that is missing with the command that grants it, and replay minutes', async () => {
    await onSite(access, { annotations: QUICK, replicas: 3, rate: 60 }, async (site) => {
      await site.untilGated();
      const token = await tokenOf(admin, site.namespace, 'petra', 'sluice-view', WORKLOADS);
      const { page, faults } = await visitAs(
        browser,
        `${URL}/rollouts/${site.namespace}/model/policy`,
        token,
      );
      await page.getByText('25 % → 50 % → promotion').first().waitFor(PATIENCE);

      // The library belongs to no namespace.
      await untilSaid(page, 'Check now', /ClusterAnalysisTemplate http-generic, which you may not read/);
      await grantWhatIsMissing(page);
      await untilSaid(page, 'Check now', /the routes are not known: you may not list/);
      await grantWhatIsMissing(page);
      await untilSaid(page, 'Check now', /VirtualService model, ReplicaSet model-/);
      expect(await page.getByText('in order').count()).toBeGreaterThanOrEqual(4);
      expect(await page.getByText(/istio-system/).count()).toBe(1);

      await page.getByLabel('Counted over').selectOption('1m');
      await untilSaid(page, 'Plan', /All in all about/);

      // Days of a workload that is minutes old: the page says how far its counts go back.
      await untilSaid(page, 'Replay', /the counts go back .*, and a release takes 30m of them/);
      await page.getByLabel('Since').selectOption('15m');
      await page.getByLabel('Followed for').selectOption('1m');
      await untilSaid(page, 'Replay', 'good releases rolled back');
      const report = await page.getByText('good releases rolled back').innerText();
      expect(report).toMatch(/^[0-9]+ of 480 good releases rolled back/);
      await page.getByText('the counts go back only').waitFor();
      expect(faults.filter((text) => !/40[03]|503/.test(text))).toEqual([]);
      const binding = `sluice-view-cluster-system:serviceaccount:${site.namespace}:petra`;
      await admin.ok(['delete', 'clusterrolebinding', binding]);
    });
  }, 300_000);

  it('say since when Prometheus has not answered, keep what it counted, and say no more when it is back', async () => {
    const annotations = { ...QUICK, 'sluice.dev/min-requests': '100000' };
    await onSite(access, { annotations, rate: 40 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      const token = await tokenOf(admin, site.namespace, 'petra', 'view', 'sluice-view');
      const { page, faults } = await visitAs(browser, `${URL}/rollouts/${site.namespace}/model`, token);
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await page.getByText('The newest window ended').waitFor(PATIENCE);
      await page.getByText(/the canary has answered \d+ requests?/).waitFor(PATIENCE);
      await actOnComponent(components, 'prometheus', 'stop');
      try {
        await page.getByText(/has not answered for \d+s: the counts are from before/).waitFor(PATIENCE);
        expect(await page.getByText(/the canary has answered \d+ requests?/).count()).toBe(1);
      } finally {
        await actOnComponent(components, 'prometheus', 'start');
      }
      await page.getByText('The newest window ended').waitFor(PATIENCE);
      expect(await page.getByText('has not answered').count()).toBe(0);
      expect(faults).toEqual([]);
    });
  }, 200_000);
});
