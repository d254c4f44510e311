import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { bundle } from '../../../hack/bundle/bundle.ts';
import { type Controller, createController } from '../../../hack/testbed/controller.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { ReplayReport } from '../../../src/dashboard/api/examination.ts';
import { eventsOf, signIn } from '../../fakes/dashboard.ts';
import { type DashboardProcess, startDashboardProcess } from '../../integration/dashboard-process.ts';
import { createClient } from '../../integration/kubectl.ts';
import { startBrowser } from '../stage.ts';
import { tokenOf, visitAs } from './people.ts';

const access = inject('access');
const admin = createClient(access);
const PORT = 18_486;
const URL = `http://127.0.0.1:${PORT}`;
const PATIENCE = { timeout: 60_000 };
const READER = 'policy-page-reader';

let browser: Browser;
let dashboard: DashboardProcess;
let controller: Controller;

beforeAll(async () => {
  const program = join(access.dir, 'sluice-policy.mjs');
  controller = createController(access, { name: 'policy' });
  [browser] = await Promise.all([startBrowser(), bundle('sluice', program), controller.start()]);
  dashboard = await startDashboardProcess(access, program, PORT, [
    '--behind-proxy',
    `--prometheus-url=${access.prometheusUrl}`,
  ]);
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.stop();
  await controller?.stop();
  await admin.run(['delete', 'clusterrolebinding', READER, '--ignore-not-found']);
});

/** The report of a replay of two minutes, or null while there are no requests to replay. */
async function replayed(url: string, cookie: string): Promise<ReplayReport | null> {
  const stop = new AbortController();
  try {
    for await (const { event, data } of eventsOf(url, { cookie }, stop.signal)) {
      if (event === 'ended') return null;
      if (event === 'report') return data as ReplayReport;
    }
    return null;
  } finally {
    stop.abort();
  }
}

it('says of a policy whether it can be judged, how long it takes and what it would have done, on the real Prometheus', async () => {
  await onSite(access, { annotations: QUICK, replicas: 3, rate: 60 }, async (site) => {
    await site.untilGated();
    const token = await tokenOf(admin, site.namespace, 'petra', 'view', 'sluice-view');
    const { page, faults } = await visitAs(browser, `${URL}/rollouts/${site.namespace}/model/policy`, token);
    await page.getByRole('heading', { name: 'In plain words' }).waitFor(PATIENCE);
    await page.getByText('25 % → 50 % → promotion').first().waitFor(PATIENCE);

    // Templates belong to no namespace: who may not read them is told which right is missing.
    await page.getByRole('button', { name: 'Check now' }).click();
    await page
      .getByText(/may not list clusteranalysistemplates/)
      .first()
      .waitFor(PATIENCE);
    const user = `system:serviceaccount:${site.namespace}:petra`;
    await admin.ok(['create', 'clusterrolebinding', READER, '--clusterrole=sluice-view', `--user=${user}`]);
    await until(
      'the check finds all in order that she may see',
      async () => {
        const button = page.getByRole('button', { name: 'Check now' });
        if (await button.isEnabled()) await button.click();
        return (await page.getByText('in order').count()) >= 3;
      },
      { within: 80_000, every: 2_000 },
    );

    // What she may not read is not known: it is not said to be missing.
    await page
      .getByText(/may not list VirtualService/)
      .first()
      .waitFor(PATIENCE);
    await page.getByRole('button', { name: 'Plan' }).click();
    await page.getByText(/All in all about/).waitFor(PATIENCE);

    // The page replays days; a cluster that has just been started has minutes.
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('button', { name: 'Replay' }).waitFor(PATIENCE);
    expect(await page.getByRole('alert').innerText()).not.toBe('');
    const { cookie } = await signIn(URL, token, { 'x-forwarded-for': '10.2.0.1' });
    const path = `/api/v1/namespaces/${site.namespace}/rollouts/model/replay/stream?since=2m&for=1m`;
    const report = await until('two minutes can be replayed', () => replayed(`${URL}${path}`, cookie), {
      within: 180_000,
      every: 5_000,
    });
    expect(report.falseAborts.hits).toBe(0);
    expect(report.promoted).toBeGreaterThan(0);
    expect(faults.filter((text) => !text.includes('403'))).toEqual([]);
  });
}, 400_000);
