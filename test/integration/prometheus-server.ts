import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ensureBinaries } from '../../hack/cluster/binaries/binaries.ts';
import { until } from '../../hack/testbed/until.ts';

/** A real Prometheus on loopback that scrapes pages of the test's own. */
export interface PrometheusServer {
  readonly url: string;
  /** Port on loopback at which the pages are, each under its name. */
  readonly pagesPort: number;
  /** What the page under that name says from now on. */
  publish(page: string, text: string): void;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function servePages(pages: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const text = pages.get((request.url ?? '').slice(1));
    if (text === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Starts a Prometheus that scrapes each page five times a second, with these labels on its series. */
export async function prometheusServer(
  targets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<PrometheusServer> {
  const { prometheus } = await ensureBinaries({ log: () => {} });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-prometheus-'));
  const pages = new Map<string, string>();
  const server = await servePages(pages);
  const pagesPort = (server.address() as AddressInfo).port;
  const target = `127.0.0.1:${pagesPort}`;
  const jobs = Object.entries(targets).map(([page, labels], index) => ({
    job_name: `page-${index}`,
    metrics_path: `/${page}`,
    honor_labels: true,
    static_configs: [{ targets: [target], labels }],
  }));
  const config = join(folder, 'prometheus.yaml');
  const global = { scrape_interval: '200ms', scrape_timeout: '200ms' };
  await writeFile(config, stringify({ global, scrape_configs: jobs }));
  const port = await freePort();
  const settings = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const process: ChildProcess = spawn(prometheus, settings, { stdio: 'ignore' });
  await once(process, 'spawn');
  const url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok);
  return {
    url,
    pagesPort,
    publish: (page, text) => pages.set(page, text),
    close: async () => {
      const exited = once(process, 'exit');
      process.kill('SIGTERM');
      await exited;
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
