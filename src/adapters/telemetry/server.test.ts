import { afterEach, describe, expect, it } from 'vitest';
import type { Listening } from '../../http/listen.ts';
import { createHealth } from './health.ts';
import { createMetrics } from './metrics.ts';
import { serveTelemetry } from './server.ts';

let server: Listening | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function open() {
  const health = createHealth();
  const metrics = createMetrics('1.2.3');
  server = await serveTelemetry({ host: '127.0.0.1', port: 0 }, health, metrics.registry);
  const { port } = server;
  const get = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { code: answer.status, body: await answer.text() };
  };
  return { health, metrics, get, port };
}

describe('telemetry server', () => {
  it('is healthy and ready without parts, and says which part is not', async () => {
    const { health, get } = await open();
    expect(await get('/healthz')).toEqual({ code: 200, body: 'ok\n' });
    let problem: string | null = 'the first list is not complete';
    health.ready('store', () => problem);
    health.live('watches', () => null);
    expect(await get('/readyz')).toEqual({ code: 503, body: 'store: the first list is not complete\n' });
    expect((await get('/healthz')).code).toBe(200);
    problem = null;
    expect((await get('/readyz?verbose')).code).toBe(200);
  });

  it('serves the figures', async () => {
    const { metrics, get } = await open();
    metrics.passEnded('rollout', 'ok', 0.02);
    metrics.reconcile.verdict('shop', 'ranker', 'p95', 'pass');
    metrics.reconcile.phaseLeft('Starting', 40);
    metrics.reconcile.ended('Aborted', 'AnalysisFailed');
    metrics.kubernetesRequest('patch', 'releases', 409, 0.01);
    metrics.prometheusQuery('vector', 0.02);
    const queue = metrics.queue();
    queue.connected(true);
    queue.connected(false);
    queue.fallback('lost');
    metrics.leading(true);
    metrics.follow({
      depth: () => ({ waiting: 3, active: 2, timed: 1 }),
      staleWatches: () => 0,
      weights: () => [{ namespace: 'shop', rollout: 'ranker', weight: 25 }],
      superseded: () => [{ namespace: 'shop', rollout: 'ranker', count: 6 }],
      shares: () => [
        { namespace: 'shop', rollout: 'ranker', metric: 'p95', against: 'bound', shares: { allowed: 0.05 } },
      ],
    });
    const { body } = await get('/metrics');
    for (const line of [
      'sluice_build_info{version="1.2.3"} 1',
      'sluice_reconciles_total{kind="rollout",result="ok"} 1',
      'sluice_reconcile_seconds_count{kind="rollout"} 1',
      'sluice_canary_weight{namespace="shop",rollout="ranker"} 25',
      'sluice_superseded_releases{namespace="shop",rollout="ranker"} 6',
      'sluice_bad_share{namespace="shop",rollout="ranker",metric="p95",against="bound",of="allowed"} 0.05',
      'sluice_verdicts_total{namespace="shop",rollout="ranker",metric="p95",verdict="pass"} 1',
      'sluice_phase_seconds_bucket{le="60",phase="Starting"} 1',
      'sluice_releases_total{outcome="Aborted",reason="AnalysisFailed"} 1',
      'sluice_kubernetes_requests_total{verb="patch",resource="releases",code="409"} 1',
      'sluice_prometheus_queries_total{result="vector"} 1',
      'sluice_queue_losses_total 1',
      'sluice_queue_fallbacks_total{cause="lost"} 1',
      'sluice_queue_keys{state="waiting"} 3',
      'sluice_leader 1',
    ])
      expect(body).toContain(line);
    expect(body).toContain('nodejs_eventloop_lag_seconds');
    expect(body).toContain('process_resident_memory_bytes');
  });

  it('forgets the series of a Rollout that is gone', async () => {
    const { metrics, get } = await open();
    for (const rollout of ['gone', 'here']) {
      metrics.reconcile.verdict('shop', rollout, 'errors', 'pass');
      metrics.reconcile.verdict('shop', rollout, 'p95', 'fail');
    }
    metrics.reconcile.forget('shop', 'gone');
    const { body } = await get('/metrics');
    expect(body).not.toContain('rollout="gone"');
    expect(body.match(/rollout="here"/g)).toHaveLength(2);
  });

  it('refuses what it does not serve', async () => {
    const { get } = await open();
    expect((await get('/')).code).toBe(404);
    expect((await get('/metrics', 'POST')).code).toBe(405);
    expect(await get('/healthz', 'HEAD')).toEqual({ code: 200, body: '' });
  });

  it('says so when the address is taken', async () => {
    const { port, health, metrics } = await open();
    await expect(serveTelemetry({ host: '127.0.0.1', port }, health, metrics.registry)).rejects.toThrow(
      'EADDRINUSE',
    );
  });
});
