import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config/config.ts';
import { createMetricSources } from './metric-sources.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const ANSWER = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}}';

/** A Prometheus on loopback that answers, or never does. */
async function prometheus(answers: boolean): Promise<string> {
  const server = createServer((_, response) => {
    if (answers) response.end(ANSWER);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function configOf(...flags: string[]): Config {
  const asked = readConfig(flags, {}, () => 'host');
  if (!('run' in asked)) throw new Error('expected a configuration');
  return asked.run;
}

describe('createMetricSources', () => {
  it('answers from one source while another one hangs under a heap of queries', async () => {
    const config = configOf(`--prometheus-url=${await prometheus(true)}`);
    const hung = { name: 'hung', urls: [await prometheus(false)], timeoutMs: 60_000 };
    const sources = createMetricSources({ ...config, metricSources: [hung] }, async () => [], systemClock);
    const stuck = Array.from({ length: 50 }, (_, index) => sources.sample(`q${index}`, 0, 'hung'));
    expect(await sources.sample('up', 0)).toMatchObject({ kind: 'vector' });
    expect(await Promise.race([Promise.any(stuck), Promise.resolve('still waits')])).toBe('still waits');
  });

  it('reads pods where it is set so', async () => {
    const sources = createMetricSources(configOf('--metrics=pods'), async () => [], systemClock);
    expect(await sources.sample('up{namespace="ml"}', Date.now())).toEqual({
      kind: 'noData',
      message: 'no pod that runs fits the query',
    });
  });
});
