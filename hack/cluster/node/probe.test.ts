import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { watchHealth } from './health.ts';
import type { Container } from './pod.ts';
import { checkOnce, runProbe } from './probe.ts';

const server = createServer((request, response) => {
  if (request.url === '/slow') return;
  response.writeHead(request.url === '/ok' && request.headers['x-a'] !== 'no' ? 200 : 503).end();
});
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const check = (probe: Parameters<typeof checkOnce>[0]) => {
  const container: Container = { name: 'c', image: 'i', ports: [{ name: 'http', containerPort: port }] };
  return checkOnce(probe, container, '127.0.0.1');
};

/** Follows a container whose probes answer as the test says, and records the verdicts. */
async function follow(
  container: Partial<Container>,
  answer: (path: string, round: number) => boolean,
  ms: number,
) {
  vi.useFakeTimers();
  const ending = new AbortController();
  const told: string[] = [];
  let round = 0;
  const handlers = {
    started: () => void told.push('started'),
    ready: (ok: boolean) => void told.push(ok ? 'ready' : 'not ready'),
    unhealthy: () => void told.push('unhealthy'),
  };
  const done = watchHealth(
    { name: 'c', image: 'i', ...container },
    (probe) => Promise.resolve(answer(probe.httpGet?.path ?? '', round++)),
    handlers,
    ending.signal,
  );
  await vi.advanceTimersByTimeAsync(ms);
  ending.abort();
  await done;
  vi.useRealTimers();
  return told;
}
const probe = (path: string) => ({ httpGet: { path, port: 1 }, periodSeconds: 1, failureThreshold: 2 });

describe('checkOnce', () => {
  it('asks by HTTP, by port number or name, with headers and a timeout', async () => {
    expect(await check({ httpGet: { path: '/ok', port } })).toBe(true);
    expect(await check({ httpGet: { path: '/ok', port: 'http' } })).toBe(true);
    expect(await check({ httpGet: { path: '/bad', port } })).toBe(false);
    expect(await check({ httpGet: { path: '/ok', port, httpHeaders: [{ name: 'x-a', value: 'no' }] } })).toBe(
      false,
    );
    expect(await check({ httpGet: { path: '/slow', port }, timeoutSeconds: 0.05 })).toBe(false);
    expect(await check({ httpGet: { path: '/ok', port: 1 } })).toBe(false);
  });

  it('connects by TCP', async () => {
    expect(await check({ tcpSocket: { port } })).toBe(true);
    expect(await check({ tcpSocket: { port: 1 } })).toBe(false);
  });
});

describe('runProbe', () => {
  it('waits, asks by its period, and tells of verdicts that differ', async () => {
    vi.useFakeTimers();
    const ending = new AbortController();
    const answers = [true, true, false, false, false, true];
    const told: boolean[] = [];
    const asked = vi.fn<() => Promise<boolean>>(() => Promise.resolve(answers.shift() ?? true));
    const run = runProbe(
      { initialDelaySeconds: 5, periodSeconds: 2 },
      asked,
      (ok) => told.push(ok),
      ending.signal,
    );
    await vi.advanceTimersByTimeAsync(4_999);
    expect(asked).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10_001);
    expect([asked.mock.calls.length, told]).toEqual([6, [true, false, true]]);
    ending.abort();
    await run;
    vi.useRealTimers();
  });
});

describe('watchHealth', () => {
  it.each([
    ['no probes', {}, () => true, ['started', 'ready']],
    [
      'readiness',
      { readinessProbe: probe('r') },
      (_p: string, n: number) => n > 1,
      ['started', 'not ready', 'ready'],
    ],
    [
      'start-up that passes',
      { startupProbe: probe('s') },
      (_p: string, n: number) => n > 0,
      ['started', 'ready'],
    ],
    [
      'start-up that fails',
      { startupProbe: probe('s'), readinessProbe: probe('r') },
      () => false,
      ['unhealthy'],
    ],
    ['liveness that fails', { livenessProbe: probe('l') }, () => false, ['started', 'ready', 'unhealthy']],
  ])('%s', async (_name, container, answer, expected) => {
    expect(await follow(container, answer, 5_000)).toEqual(expected);
  });
});
