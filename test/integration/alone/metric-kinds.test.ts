import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createController } from '../../../hack/testbed/controller.ts';
import { trafficView } from '../../../hack/testbed/evidence/traffic-view.ts';
import { MODEL, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Pushed, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { WebhookQuestion } from '../../../src/api/analysis/webhook-metric.ts';
import { API_VERSION, type KubeObject } from '../../../src/api/meta.ts';
import type { MetricState } from '../../../src/api/release/analysis-state.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { type HttpReceiver, type Received, type Served, startHttpReceiver } from '../../fakes/http-server.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const root = createClient(access);
const controller = createController(access, { name: 'metric-kinds', port: 18_097 });
const KEY = 'a key of sixteen or more letters';
const TOKEN = 'a-token-of-the-caller';

/** Makes a site whose only template has these metrics, gated by a Rollout with quick windows. */
async function onMetrics(
  metrics: readonly object[],
  play: (site: Site) => Promise<void>,
  over: object = {},
): Promise<void> {
  await onSite(access, { rate: 20, replicas: 1 }, async (site) => {
    const secret = ['create', 'secret', 'generic', 'sluice-notifications'];
    secret.push(`--from-literal=judge=${KEY}`, `--from-literal=caller=${TOKEN}`);
    await root.with('-n', site.namespace).ok(secret);
    await site.api.create({
      apiVersion: API_VERSION,
      kind: 'AnalysisTemplate',
      metadata: { name: 'own' },
      spec: { metrics },
    });
    const templates = [{ kind: 'AnalysisTemplate', name: 'own' }];
    const analysis = { templates, interval: '2s', warmup: '1s', minRequests: 1, minWindows: 2 };
    await site.api.create(quickRollout('policy', { analysis, steps: [{ weight: 50 }], ...over }));
    await site.untilGated('policy');
    await play(site);
  });
}

const stateOf = ({ status }: Release, metric: string): MetricState | undefined =>
  status?.analysis?.metrics.find(({ name }) => name === metric);

/** The Release of a version once one of its metrics is as expected. */
const untilMetric = (
  { api }: Site,
  { revision }: Pushed,
  metric: string,
  what: string,
  fits: (state: MetricState) => boolean,
): Promise<Release> =>
  trafficView<Release>(api, 'Release', `has ${metric} ${what}`, (release) => {
    const state = stateOf(release, metric);
    return release.spec.revision === revision && state !== undefined && fits(state);
  });

const json = (answer: object): Served => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(answer),
});

/** Whether the sender knows key and token, by an independent implementation of Standard Webhooks. */
function isSigned({ headers, body }: Received): boolean {
  const [id, at] = ['webhook-id', 'webhook-timestamp'].map((name) => String(headers[name]));
  const mac = createHmac('sha256', KEY).update(`${id}.${at}.${body}`).digest('base64');
  return headers['webhook-signature'] === `v1,${mac}` && headers['authorization'] === `Bearer ${TOKEN}`;
}

/** A Job that runs a line of shell. */
const job = (script: string, fields: object = {}) => ({
  template: {
    spec: { containers: [{ name: 'eval', image: 'eval:1', command: ['sh', '-c', script] }] },
  },
  ...fields,
});
const jobsOf = ({ api }: Site): Promise<KubeObject[]> => api.list('Job');

const webhook = (web: HttpReceiver, fields: object = {}) => ({
  url: `${web.url}/judge`,
  secret: { key: 'judge' },
  token: { key: 'caller' },
  timeout: '1s',
  ...fields,
});

beforeAll(() => controller.start());
afterAll(() => controller.stop());

describe.concurrent('other metrics than shares of requests', () => {
  describe('a value', () => {
    it('is measured as often as is asked, and then passes', async () => {
      const cadence = { interval: '4s', count: 3, initialDelay: '2s' };
      const metrics = [{ name: 'load', max: '1', value: { query: 'vector(0.5)', ...cadence } }];
      await onMetrics(metrics, async (site) => {
        const v2 = await site.push('v2');
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Promoted' });
        const state = stateOf(ended, 'load');
        expect(state).toMatchObject({ verdict: 'pass', measured: { outcomes: 'ppp' } });
        expect(state?.message).toMatch(/^0\.5 against at most 1, failed in 0 of 3 measurements/);
        expect(state?.windows).toBeGreaterThanOrEqual(3);
        const { since = '', at = '' } = state?.measured ?? {};
        const more = (state?.windows ?? 0) - 1;
        expect(Date.parse(at) - Date.parse(since)).toBeGreaterThanOrEqual(2_000 + more * 4_000);
      });
    });

    it('rolls back by the failures in a row that are too many, and waits while it is neither', async () => {
      const failing = { name: 'row', max: '1', value: { query: 'vector(5)', consecutiveFailures: 2 } };
      const between = { name: 'between', max: '1', failure: { max: '9' }, value: { query: 'vector(5)' } };
      await onMetrics([failing, between], async (site) => {
        const v2 = await site.push('v2');
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
        expect(ended.status?.message).toBe(
          'row: 5 against at most 1, failed in 2 of 2 measurements: 2 in a row (consecutiveFailures 2)',
        );
        expect(stateOf(ended, 'between')).toMatchObject({ verdict: 'inconclusive', canary: { bad: 0 } });
      });
    });
  });

  describe('a webhook', () => {
    const receivers: HttpReceiver[] = [];
    afterAll(() => Promise.all(receivers.map((web) => web.close())));
    const judge = async (answer: Served): Promise<HttpReceiver> => {
      const web = await startHttpReceiver();
      web.answer = answer;
      receivers.push(web);
      return web;
    };
    it('that says fail rolls back with its message, and every request is signed and says what it is about', async () => {
      const web = await judge(json({ verdict: 'pass', message: 'F1 0.74' }));
      const parameters = [{ name: 'dataset', value: 'holdout' }];
      const quality = { name: 'quality', webhook: webhook(web, { parameters, count: 50, failureLimit: 0 }) };
      await onMetrics([quality, { name: 'load', max: '1', value: { query: 'vector(0)' } }], async (site) => {
        const v2 = await site.push('v2');
        const passing = await untilMetric(site, v2, 'quality', 'passed twice', ({ windows }) => windows >= 2);
        expect(stateOf(passing, 'quality')?.message).toContain('F1 0.74');
        web.answer = json({ verdict: 'fail', message: 'F1 0.61 is below 0.70' });
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
        expect(ended.status?.message).toMatch(/^quality: .*F1 0\.61 is below 0\.70/);

        expect(web.received.length).toBeGreaterThanOrEqual(3);
        expect(web.received.filter((one) => !isSigned(one))).toEqual([]);
        const questions = web.received.map(({ body }) => JSON.parse(body) as WebhookQuestion);
        expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
        expect(questions.at(-1)).toMatchObject({
          kind: 'MetricQuestion',
          metric: 'quality',
          namespace: site.namespace,
          release: ended.metadata.name,
          workload: { kind: 'Deployment', name: MODEL },
          revision: v2.revision,
          stable: { replicaSet: passing.spec.stable.replicaSet, images: ['sluice.dev/model-server:v1'] },
          canary: { ...passing.spec.canary, images: ['sluice.dev/model-server:v2'] },
          phase: 'Stepping',
          step: 0,
          steps: 1,
          weight: 50,
          metrics: [{ name: 'load', verdict: 'pass' }],
          parameters: { dataset: 'holdout' },
        });
      });
    });

    it('that hangs or answers a page decides nothing and holds nobody up, until it answers', async () => {
      const web = await judge('hang');
      const quality = { name: 'quality', min: '0.7', webhook: webhook(web) };
      await onMetrics([quality, { name: 'load', max: '1', value: { query: 'vector(0)' } }], async (site) => {
        const v2 = await site.push('v2');
        const hanging = await untilMetric(site, v2, 'quality', 'hangs', ({ message }) =>
          message.includes('did not answer within 1 s, 3 times'),
        );
        expect(stateOf(hanging, 'quality')?.verdict).toBe('providerError');
        web.answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>login</html>' };
        const windows = stateOf(hanging, 'load')?.windows ?? 0;
        const page = await untilMetric(site, v2, 'quality', 'answers a page', ({ message }) =>
          message.includes('answered text/html that is no JSON'),
        );
        const later = await untilMetric(site, v2, 'load', 'continues', (state) => state.windows > windows);
        for (const one of [page, later])
          expect(one.status).toMatchObject({ phase: 'Stepping', stage: 'Analysing', weight: 50 });
        web.answer = json({ value: 0.74, message: 'F1' });
        const ended = await site.untilEnded(v2);
        expect(ended.status).toMatchObject({ phase: 'Promoted' });
        expect(stateOf(ended, 'quality')?.message).toMatch(/^0\.74 against at least 0\.7.*F1/);
      });
    });
  });

  describe('a job', () => {
    it('that ends with exit code 0 passes, before the traffic and in each step, and goes with its Release', async () => {
      const before = job('test "$SLUICE_WEIGHT" = 0 -a -n "$SLUICE_CANARY_HASH"', { at: 'start' });
      const during = job(`test "$SLUICE_WEIGHT" = 50 -a "$SLUICE_SERVICE" = ${MODEL}`);
      await onMetrics(
        [
          { name: 'smoke', job: before },
          { name: 'eval', job: during },
        ],
        async (site) => {
          const v2 = await site.push('v2');
          const ended = await site.untilEnded(v2);
          expect(ended.status).toMatchObject({ phase: 'Promoted' });
          expect(stateOf(ended, 'eval')?.message).toContain('ended with exit code 0');
          const jobs = await jobsOf(site);
          const metrics = jobs.map(({ metadata }) => metadata.annotations?.['sluice.dev/metric']);
          expect(new Set(metrics)).toEqual(new Set(['eval', 'smoke']));
          expect(jobs).toHaveLength(2);
          await site.api.remove('Release', ended.metadata.name);
          await until('the Jobs are gone', async () => (await jobsOf(site)).length === 0);
        },
      );
    });

    it('that ends with another rolls back with the end of its log', async () => {
      const script = 'echo loading; echo F1 0.61 is below 0.70; exit 3';
      await onMetrics([{ name: 'eval', job: job(script) }], async (site) => {
        const ended = await site.untilEnded(await site.push('v2'));
        expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed', weight: 0 });
        expect(ended.status?.message).toMatch(
          /^eval: container eval of Job \S+ ended with exit code 3: loading F1 0\.61 is below 0\.70/,
        );
      });
    });

    it('that would get traffic, or that the API server refuses, is reported before the release begins', async () => {
      const taken = { ...job('exit 0').template, metadata: { labels: { app: MODEL } } };
      const refused = { spec: { containers: [{ name: 'EVAL', image: 'eval:1' }] } };
      for (const [template, reason] of [
        [taken, 'JobGetsTraffic'],
        [refused, 'JobRefused'],
      ] as const) {
        await onMetrics([{ name: 'eval', job: { template } }], async (site) => {
          const v2 = await site.push('v2');
          const held = await trafficView<Release>(site.api, 'Release', `says ${reason}`, ({ status }) => {
            return status?.reason === reason;
          });
          expect(held.status).toMatchObject({ phase: 'Pending', weight: 0 });
          await site.act(v2, { abort: { reason: 'seen' } });
          await site.untilEnded(v2);
        });
      }
    });
  });
});

describe('the Job', () => {
  it('of a controller that was killed is found again by the next one, and deleted by a roll-back', async () => {
    await onMetrics([{ name: 'eval', job: job('sleep 600') }], async (site) => {
      const v2 = await site.push('v2');
      const running = await until('the Job has a pod', async () => {
        const [one] = await jobsOf(site);
        return (one?.['status'] as { active?: number } | undefined)?.active === 1 ? one : null;
      });
      await controller.stop('SIGKILL');
      await controller.start();
      await until('the controller follows it', async () => {
        const release = await site.releaseOf(v2);
        return release?.status?.phase === 'Stepping' && (await jobsOf(site)).length === 1;
      });
      expect((await jobsOf(site))[0]?.metadata.uid).toBe(running.metadata.uid);
      await site.act(v2, { abort: { reason: 'second thoughts' } });
      await site.untilEnded(v2);
      await until('the Job is gone', async () => (await jobsOf(site)).length === 0);
    });
  });
});
