import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Sample } from '../../analysis/evidence/sample.ts';
import { createPrometheus } from './source.ts';

const MIB = 1024 * 1024;
const AT = 1_700_000_000_000;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function ask(answer: (response: ServerResponse) => void): Promise<Sample> {
  const server = createServer((_, response) => answer(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createPrometheus({ urls: [url], clock: { monotonic: () => 0 } }).sample('up', AT);
}

const series = (count: number, filler: string): string => {
  const one = (index: number) => `{"metric":{"pod":"${index}${filler}"},"value":[1,"1"]}`;
  const list = Array.from({ length: count }, (_, index) => one(index)).join(',');
  return `{"status":"success","data":{"resultType":"vector","result":[${list}]}}`;
};

describe('an answer that is too large', () => {
  it('is left off after 8 MiB, however much the server would send', async () => {
    let sent = 0;
    const sample = await ask((response) => {
      const chunk = Buffer.alloc(MIB / 4, ' ');
      response.writeHead(200, { 'content-type': 'application/json' });
      const send = (): void => {
        while (!response.destroyed && sent < 50 * MIB) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
        response.end();
      };
      send();
    });
    expect(sample).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('gave more than 8 MiB: select fewer series'),
    });
    expect(sent).toBeLessThan(20 * MIB);
  });

  it('is left off after 8 MiB unpacked, however well it was packed', async () => {
    const packed = gzipSync(Buffer.alloc(200 * MIB, ' '), { level: 1 });
    const sample = await ask((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed);
    });
    expect(sample).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('gave more than 8 MiB'),
    });
  });

  it.each([
    ['in few bytes', '', 'the query gives 100000 series, at most 20000 are read'],
    ['in many bytes', 'x'.repeat(60), 'gave more than 8 MiB: select fewer series'],
  ])('is refused for 100,000 series %s', async (_, filler, reason) => {
    const body = series(100_000, filler);
    const sample = await ask((response) => void response.writeHead(200).end(body));
    expect(sample).toMatchObject({ kind: 'providerError', message: expect.stringContaining(reason) });
  });
});
