import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { behaviourOf } from '../../../hack/model-server/behaviour.ts';
import { answerOf } from '../../../hack/model-server/predict.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { API_VERSION } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';

const access = inject('access');
const controller = createController(access, { name: 'quality' });

/** Answers a fifth of the inputs with another class, and is as quick and as sound as v1. */
const A_FIFTH = { WRONG_SHARE: '0.2' };
const inputs = Array.from({ length: 200 }, (_, index) => `{"input":"picture ${index}"}`);

function classOf(input: string, env: Readonly<Record<string, string>> = {}): string {
  const { outcome } = answerOf(behaviourOf(env), 0, 0, input);
  return outcome.status === 200 ? outcome.class : '';
}

const request = (body: string) => ({ path: '/predict', body });
/** Inputs that even the version that is wrong about a fifth is right about. */
const CASES = inputs
  .filter((input) => classOf(input) === classOf(input, A_FIFTH))
  .slice(0, 5)
  .map((input, index) => ({
    name: `picture-${index}`,
    request: request(input),
    expect: {
      fields: [
        { path: 'class', equals: classOf(input) },
        { path: 'score', near: 0.5, tolerance: '0.5' },
      ],
    },
  }));

const SHADOW = {
  configMap: { name: 'sluice-checks', key: 'sample.json' },
  fields: [{ path: 'class' }, { path: '/score', tolerance: '1%' }],
  agreement: '95%',
  maxDrift: '5%',
};

/** A site whose releases are judged by what its model answers, too. */
async function judged(site: Site, shadow: object): Promise<void> {
  const { api } = site;
  await api.create({
    apiVersion: API_VERSION,
    kind: 'AnalysisTemplate',
    metadata: { name: 'quality' },
    spec: {
      metrics: [
        { name: 'answers', golden: { cases: CASES, concurrency: 2 } },
        { name: 'same-answers', shadow: { ...SHADOW, ...shadow } },
        {
          name: 'same-answers-under-load',
          shadow: {
            requests: inputs.slice(0, 20).map(request),
            fields: SHADOW.fields,
            at: 'step',
            rate: 40,
          },
        },
      ],
    },
  });
  const { analysis } = quickRollout('')['spec'] as { analysis: { templates: object[] } };
  const templates = [...analysis.templates, { kind: 'AnalysisTemplate', name: 'quality' }];
  await api.create(quickRollout('policy', { analysis: { ...analysis, templates } }));
  await site.untilGated('policy');
}

const record = ({ api }: Site) =>
  api.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sluice-checks' },
    data: { 'sample.json': JSON.stringify(inputs.map(request)) },
  });

const metricOf = ({ status }: Release, name: string) =>
  status?.analysis?.metrics.find((metric) => metric.name === name);

/** Requests that the pods of a version have served, from any sender. */
async function takenBy(site: Site, version: string): Promise<number> {
  const pods = (await site.pods()).filter((pod) => {
    const { containers } = pod['spec'] as { containers: { image: string }[] };
    return containers[0]?.image.endsWith(`:${version}`) === true;
  });
  const counts = pods.map(async (pod) => {
    const { podIP } = pod['status'] as { podIP?: string };
    if (podIP === undefined) return 0;
    const text = await fetch(`http://${podIP}:8080/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
    return [...text.matchAll(/^http_requests_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  });
  return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}

describe('a model that is judged by its answers', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

  it('and answers as it should is promoted, though the controller is killed while it asks', async () => {
    await onSite(access, {}, async (site) => {
      await judged(site, { rate: 25 });
      const v2 = await site.push('v2');
      await until('the missing sample is reported', async () => {
        const { status } = (await site.releaseOf(v2)) ?? {};
        return (
          status?.reason === 'InvalidCheck' &&
          status.message?.includes(`there is no ConfigMap ${site.namespace}/sluice-checks`) === true
        );
      });
      expect(await takenBy(site, 'v2')).toBe(0);
      await record(site);
      await until('v2 is asked', async () => (await takenBy(site, 'v2')) > CASES.length);
      await controller.stop('SIGKILL');
      expect((await site.releaseOf(v2))?.status?.exposedAt).toBeUndefined();
      await controller.start();
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      expect(metricOf(ended, 'answers')).toMatchObject({
        verdict: 'pass',
        message: '5 of 5 answers of 1 canary pod as expected (minPass 100 %)',
        check: { runs: 1 },
      });
      expect(metricOf(ended, 'same-answers')).toMatchObject({ verdict: 'pass', check: { runs: 1 } });
      expect(metricOf(ended, 'same-answers')?.message).toContain(
        'agreement 100 % against at least 95 % (0 of 200',
      );
      expect(metricOf(ended, 'same-answers-under-load')).toMatchObject({
        verdict: 'pass',
        check: { runs: 2 },
      });
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it('and is wrong about an expected answer is taken out before anybody got one', async () => {
    await onSite(access, {}, async (site) => {
      await judged(site, { rate: 200 });
      await record(site);
      const v2 = await site.push('v2', { WRONG_SHARE: '1' });
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      const first = CASES[0];
      expect(status?.message).toMatch(
        new RegExp(
          `^answers: 0 of \\d answers? of 1 canary pod as expected \\(minPass 100 %\\); case picture-\\d on pod model-\\S+: class: expected "\\w+", got "\\w+"$`,
        ),
      );
      expect(first).toBeDefined();
      expect(status?.exposedAt).toBeUndefined();
      const records = await site.recordsNow();
      expect(records.filter(({ version }) => version === 'v2')).toEqual([]);
      expect(records.filter(isFailed)).toEqual([]);
    });
  });

  it('and answers a share of requests otherwise is taken out before anybody got one', async () => {
    await onSite(access, {}, async (site) => {
      await judged(site, { rate: 200 });
      await record(site);
      const v2 = await site.push('v2', A_FIFTH);
      const ended = await site.untilEnded(v2);
      const { status } = ended;
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      const differing = inputs.filter((input) => classOf(input) !== classOf(input, A_FIFTH)).length;
      const agreement = Math.round((100 * (inputs.length - differing)) / inputs.length);
      expect(status?.message).toContain(
        `same-answers: agreement ${agreement} % against at least 95 % (${differing} of 200 answers differ, such as POST /predict: class: `,
      );
      expect(metricOf(ended, 'answers')).toMatchObject({ verdict: 'pass' });
      expect((await site.recordsNow()).filter(({ version }) => version === 'v2')).toEqual([]);
    });
  });
});
