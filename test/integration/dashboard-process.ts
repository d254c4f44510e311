import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { Access } from '../../hack/testbed/access.ts';

/** A dashboard as a process of its own, as in a pod: it has the CA of the API server, and no credentials. */
export interface DashboardProcess {
  readonly url: string;
  readonly pid: number;
  /** Resident memory in MiB. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
}

/** Starts the bundled command line on a port of loopback, for people who sign in; `more` are further flags. */
export async function startDashboardProcess(
  access: Access,
  program: string,
  port: number,
  more: readonly string[] = [],
): Promise<DashboardProcess> {
  const config = parse(await readFile(access.kubeconfig, 'utf8')) as Kubeconfig;
  const ca = Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64');
  const caFile = join(access.dir, 'dashboard-ca.crt');
  await writeFile(caFile, ca);
  const url = `http://127.0.0.1:${port}`;
  const args = [program, 'dashboard', `--serve=127.0.0.1:${port}`, `--public-url=${url}`, ...more];
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=4', ...args, `--api-server=${access.apiServer}`, `--api-server-ca=${caFile}`],
    { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'inherit', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { promise: served, resolve, reject } = Promise.withResolvers<void>();
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (line.includes('the dashboard is served')) resolve();
  });
  void ended.then(() => reject(new Error(`the dashboard ended: ${lines.join('\n')}`)));
  await served;
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    memory: async () => {
      const kilobytes = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(kilobytes) / 1_024;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
