import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createController } from '../../../hack/testbed/controller.ts';
import { trafficView } from '../../../hack/testbed/evidence/traffic-view.ts';
import { QUICK, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { API_VERSION } from '../../../src/api/meta.ts';
import type { Release } from '../../../src/api/release/release.ts';

const access = inject('access');
/** Nothing listens there: whatever asked Prometheus would get no answer. */
const NOBODY = '--prometheus-url=http://127.0.0.1:9';
const FLAGS = [NOBODY, '--metrics=pods', '--scrape-interval=500ms'];
const controller = createController(access, { name: 'scrape', port: 18_095, flags: FLAGS });

const template = (name: string, spec: object) => ({
  apiVersion: API_VERSION,
  kind: 'AnalysisTemplate',
  metadata: { name },
  spec,
});

const analysisOf = (name: string, fields: object = {}) => ({
  templates: [{ kind: 'AnalysisTemplate', name }],
  interval: '2s',
  warmup: '1s',
  minRequests: 10,
  minWindows: 2,
  ...fields,
});

describe.concurrent('a cluster without Prometheus', () => {
  beforeAll(() => controller.start());
  afterAll(() => controller.stop());

  it('promotes a good version by what its pods say', async () => {
    await onSite(access, { annotations: QUICK, rate: 80 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Promoted' });
      expect(status?.analysis?.metrics).toMatchObject([
        { name: 'errors', verdict: 'pass' },
        { name: 'latency', verdict: 'pass' },
      ]);
    });
  });

  it('rolls a failing version back by a template that includes another and reads a field of the Deployment', async () => {
    await onSite(access, { annotations: { counter: 'http_requests_total' }, rate: 80 }, async (site) => {
      const args = [{ name: 'requests', valueFrom: { fieldPath: "metadata.annotations['counter']" } }];
      const included = {
        name: 'http-generic',
        only: ['errors'],
        args: [{ name: 'requests', value: '{{args.requests}}' }],
      };
      await site.api.create(template('team', { args, templates: [included] }));
      const bounds = [{ name: 'errors', max: '5%', maxIncrease: '5pp' }];
      await site.api.create(quickRollout('policy', { analysis: analysisOf('team', { bounds }) }));
      await site.untilGated('policy');
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      const { spec, status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      expect(status?.message).toMatch(/^errors: error rate [0-9.]+ % against 5 % bound/);
      expect(spec.metrics.map(({ name, errors }) => [name, errors?.requests])).toEqual([
        [
          'errors',
          expect.stringMatching(/^http_requests_total\{namespace="\{\{namespace}}",pod=~"\{\{pods}}",/),
        ],
      ]);
    });
  });

  it('says before the release what only Prometheus can answer', async () => {
    await onSite(access, { rate: 0 }, async (site) => {
      const query = 'max(rate(http_requests_total{namespace="{{namespace}}"}[1m]))';
      await site.api.create(template('rate', { metrics: [{ name: 'load', max: '100', value: { query } }] }));
      await site.api.create(quickRollout('policy', { analysis: analysisOf('rate') }));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      const why = 'a query may only be name{label="value"}';
      const release = await trafficView<Release>(site.api, 'Release', 'says why it waits', ({ status }) =>
        (status?.conditions ?? []).some(({ message }) => message.includes(why)),
      );
      expect(release.status).toMatchObject({ phase: 'Pending', weight: 0 });
      await site.act(v2, { abort: { reason: 'seen' } });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
    });
  });
});
