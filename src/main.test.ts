import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startEmptyApiServer } from '../test/fakes/empty-api-server.ts';
import { helpText } from './config/help.ts';
import { readVersion } from './version.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Runs the controller's command in an environment without any setting. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: 'pipe',
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => err.push(String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out.join(''), err: err.join('') };
}

describe('the command', () => {
  it('tells its settings and its version', async () => {
    const [help, version] = await Promise.all([run('--help'), run('--version')]);
    expect(help).toEqual({ code: 0, out: helpText(), err: '' });
    expect(version).toEqual({ code: 0, out: `${readVersion()}\n`, err: '' });
  });

  it('ends with 2 and one line for each wrong setting', async () => {
    const { code, out, err } = await run('--resync', 'often', '--concurrency=0');
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')).toEqual([
      expect.stringContaining('sluice: --resync: must be a duration'),
      expect.stringContaining('sluice: --concurrency: must be a whole number'),
      '',
    ]);
  });

  it('ends with 2 where there is no cluster to be found, and says which setting helps', async () => {
    const { code, err } = await run('--kubeconfig', '/nowhere/kubeconfig', '--http-address', '127.0.0.1:0');
    expect(code).toBe(2);
    expect(err).toContain('/nowhere/kubeconfig');
  });
});

describe('the process', () => {
  it('starts, works when it has the lease and its caches are complete, and stops when it is asked to', async () => {
    const apiServer = await startEmptyApiServer();
    const folder = await mkdtemp(join(tmpdir(), 'sluice-main-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, apiServer.kubeconfig);
    const args = [`--kubeconfig=${kubeconfig}`, '--http-address=127.0.0.1:0'];
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const ended = once(child, 'close');
      const messages: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        const { msg } = JSON.parse(line) as { msg: string };
        messages.push(msg);
        if (msg === 'working') child.kill('SIGTERM');
      }
      expect(await ended).toEqual([0, null]);
      expect(messages).toEqual([
        'starting',
        'leading',
        'working',
        'stopping',
        'not leading any more: the lease is given back',
        'stopped',
      ]);
    } finally {
      child.kill('SIGKILL');
      await apiServer.close();
      await rm(folder, { recursive: true });
    }
  });
});
