import { afterEach, describe, expect, it } from 'vitest';
import { behaviourOf } from './behaviour.ts';
import { type ModelServer, startModelServer } from './server.ts';

const running: ModelServer[] = [];

async function start(env: Record<string, string>) {
  const behaviour = behaviourOf({
    PORT: '0',
    LATENCY_MS: '1',
    DRAIN_SECONDS: '0',
    POD_NAME: 'pod-a',
    ...env,
  });
  const server = await startModelServer(behaviour, () => undefined);
  running.push(server);
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  return { server, get };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.drain()));
});

describe('model server', () => {
  it('says which version and pod answered, and counts it', async () => {
    const { server, get } = await start({ VERSION: 'v7' });
    await server.loaded;
    const answer = await get('/predict');
    expect([answer.status, answer.headers.get('x-version'), answer.headers.get('x-pod')]).toEqual([
      200,
      'v7',
      'pod-a',
    ]);
    expect(await answer.json()).toMatchObject({ version: 'v7', pod: 'pod-a' });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('http_requests_total{status="200"} 1');
    expect(metrics).toContain('http_request_duration_seconds_count 1');
    expect(metrics).toMatch(/model_predictions_total\{class="(cat|dog|bird)"\} 1/);
    expect(metrics).toContain('model_loads_total 1');
  });

  it('is alive but not ready while it loads', async () => {
    const { get } = await start({ LOAD_SECONDS: '3' });
    const codes = await Promise.all(
      ['/live', '/ready', '/predict'].map(async (path) => (await get(path)).status),
    );
    expect(codes).toEqual([200, 503, 503]);
  });

  it('answers 500 for its share of errors', async () => {
    const { server, get } = await start({ ERROR_SHARE: '1' });
    await server.loaded;
    expect((await get('/predict')).status).toBe(500);
  });

  it('finishes what is under way when it drains, and is not ready meanwhile', async () => {
    const { server, get } = await start({ LATENCY_MS: '150', LATENCY_SIGMA: '0', DRAIN_SECONDS: '0.1' });
    await server.loaded;
    const underWay = get('/predict');
    // The first answer of the same connection pool shows that the request has arrived.
    await get('/live');
    const drained = server.drain();
    expect((await get('/ready')).status).toBe(503);
    expect((await underWay).status).toBe(200);
    await drained;
    running.splice(0);
    await expect(get('/live')).rejects.toThrow('fetch failed');
  });
});
