import { describe, expect, it } from 'vitest';
import { release } from '../../test/fixtures/release.ts';
import { Metric } from '../api/analysis/analysis-template.ts';
import type { KubeObject } from '../api/meta.ts';
import { SluiceError } from '../errors.ts';
import type { Secrets, Store } from '../ports/cluster.ts';
import type { WebhookReply, WebhookRequest } from '../ports/metric-webhook.ts';
import type { CheckTask } from './checks.ts';
import { createWebhookCheck } from './webhook-check.ts';

const metric = Metric.parse({
  name: 'quality',
  webhook: { url: 'https://judge.example/v1', secret: { key: 'judge' }, timeout: '3s' },
});
const store: Store = {
  get: (kind, _namespace, name) =>
    ({
      kind,
      metadata: { name },
      spec: { template: { spec: { containers: [{ image: 'server:v2' }, { image: 'sidecar:1' }, {}] } } },
    }) as unknown as KubeObject,
  list: () => [],
};

/** A check whose webhook answers this, and what it was asked. */
function checkOf(reply: WebhookReply, read: Secrets['read'] = async () => 'hush') {
  const asked: WebhookRequest[] = [];
  const ask = async (request: WebhookRequest): Promise<WebhookReply> => {
    asked.push(request);
    return reply;
  };
  const check = createWebhookCheck({ ask, secrets: { read }, store, now: () => 5_000 });
  return { check, asked };
}

const one = release(
  { step: 1, weight: 25, routeConfirmedAt: '1970-01-01T00:00:01.000Z' },
  { metrics: [metric] },
);
const task: CheckTask = {
  release: one,
  metric,
  run: 7,
  note: () => {},
  signal: new AbortController().signal,
};

const missing = new SluiceError('SECRET_MISSING', 'there is no Secret shop/x', { retry: 'backoff' });

/** Secrets of which one key is not there. */
const readAllBut: Secrets['read'] = async (_namespace, { key }) => {
  if (key === 'absent') throw missing;
  return `the ${key}`;
};

const withToken = (key: string): Metric =>
  Metric.parse({
    ...metric,
    webhook: { url: 'https://judge.example/v1', secret: { key: 'judge' }, token: { key } },
  });

describe('a webhook check', () => {
  it('asks with the facts of the release, under an id of the run', async () => {
    const { check, asked } = checkOf({ kind: 'pass', message: 'fine' });
    expect(await check.run(task)).toEqual({ kind: 'outcome', outcome: 'pass', message: 'fine' });
    const [request] = asked;
    expect(request).toMatchObject({ url: 'https://judge.example/v1', secret: 'hush', timeoutMs: 3_000 });
    const body = JSON.parse(request?.body ?? '{}');
    expect(request?.id).toBe(`${one.metadata.uid}.quality.7`);
    expect(body).toMatchObject({
      id: request?.id,
      canary: { images: ['server:v2', 'sidecar:1'] },
      step: 1,
      weight: 25,
      window: { start: '1970-01-01T00:00:01.000Z', end: '1970-01-01T00:00:05.000Z' },
      metrics: [],
      parameters: {},
    });
    expect(JSON.stringify(body)).not.toContain('hush');
  });

  it('carries a token where one is named, which is looked for as well', async () => {
    const { check, asked } = checkOf({ kind: 'pass', message: '' }, readAllBut);
    await check.run({ ...task, metric: withToken('pass') });
    expect(asked[0]).toMatchObject({ secret: 'the judge', token: 'the pass' });
    expect(await check.preflight(one, withToken('pass'))).toBeNull();
    expect(await check.preflight(one, withToken('absent'))).toEqual({
      reason: 'SecretMissing',
      message: 'metric quality: webhook.token: there is no Secret shop/x',
    });
  });

  it.each<[WebhookReply, object]>([
    [
      { kind: 'fail', message: 'F1 0.61' },
      { kind: 'outcome', outcome: 'fail', message: 'F1 0.61' },
    ],
    [
      { kind: 'value', value: 0.5, message: '' },
      { kind: 'value', value: 0.5, message: '' },
    ],
    [
      { kind: 'noData', message: '' },
      { kind: 'noData', message: 'the webhook cannot say yet' },
    ],
    [
      { kind: 'providerError', message: 'HTML' },
      { kind: 'providerError', message: 'HTML' },
    ],
  ])('makes of %o', async (reply, result) => {
    expect(await checkOf(reply).check.run(task)).toEqual(result);
  });

  const down = new SluiceError('KUBERNETES_UNAVAILABLE', 'HTTP 503', { retry: 'backoff' });

  it('looks for its secret before the release begins, and asks nobody', async () => {
    const { check, asked } = checkOf({ kind: 'pass', message: '' });
    expect(await check.preflight(one, metric)).toBeNull();
    expect(asked).toEqual([]);
    const absent = checkOf({ kind: 'pass', message: '' }, () => Promise.reject(missing));
    expect(await absent.check.preflight(one, metric)).toEqual({
      reason: 'SecretMissing',
      message: 'metric quality: webhook.secret: there is no Secret shop/x',
    });
    await expect(absent.check.run(task)).rejects.toThrow('there is no Secret shop/x');
    const away = checkOf({ kind: 'pass', message: '' }, () => Promise.reject(down));
    await expect(away.check.preflight(one, metric)).rejects.toThrow('HTTP 503');
  });
});
