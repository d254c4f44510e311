import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../hack/bundle/bundle.ts';
import { stageForEach } from './each-test.ts';
import { openPage } from './stage.ts';

const on = stageForEach();
let folder = '';
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-own-'));
  await bundle('sluice', join(folder, 'sluice.mjs'));
});
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts `sluice dashboard` with a kubeconfig of ann; answers the link that it prints. */
async function startOwn(): Promise<string> {
  const kubeconfig = join(folder, 'config');
  const config = {
    clusters: [{ name: 'c', cluster: { server: on.stage.api.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'ann', user: { token: 'ann-token' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'ann', namespace: 'models' } }],
    'current-context': 'c',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const args = [join(folder, 'sluice.mjs'), 'dashboard', '--port=0', `--kubeconfig=${kubeconfig}`];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  if (child.stdout === null) throw new Error('it prints nothing');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('it ended without a link');
}

describe('sluice dashboard, on a machine with a kubeconfig and nothing else', () => {
  it('opens by the link that it prints, acts in the name of the person, and lets nobody else in', async () => {
    const link = await startOwn();
    expect(new URL(link).hostname).toBe('127.0.0.1');
    const { page, faults } = await openPage(on.browser, link);
    await page.getByRole('link', { name: 'models/ranker', exact: true }).click();
    await page.getByRole('button', { name: 'Abort' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('from my own machine');
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await page.getByText('by ann').first().waitFor();
    expect(on.stage.api.get('releases', 'models', 'ranker-s222222222')?.['spec']).toMatchObject({
      abort: { by: 'ann', reason: 'from my own machine' },
    });
    // The key is in no address that stays, and there is nothing to sign out of.
    expect(page.url()).not.toContain('key');
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
    expect(faults).toEqual([]);

    const { origin } = new URL(link);
    for (const url of [origin, `${origin}/?key=${'x'.repeat(32)}`]) {
      const other = await openPage(on.browser, url);
      await other.page.getByText('Open the link with its key').waitFor();
    }
    const ended = child === undefined ? null : once(child, 'exit');
    child?.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });
});
