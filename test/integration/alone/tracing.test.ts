import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Controller, createController } from '../../../hack/testbed/controller.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { TRACEPARENT } from '../../../src/api/annotations/annotations.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../otlp-receiver.ts';

const access = inject('access');
const [TRACE, PIPELINE] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver(access, 18_318);
});
afterAll(() => receiver.stop());

/** A controller for the tests of a block, which sends its traces there. */
function sends(endpoint: () => string): void {
  let controller: Controller;
  beforeAll(async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(),
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    };
    controller = createController(access, { name: 'traced', env });
    await controller.start();
  });
  afterAll(() => controller.stop());
}

describe('the trace of a release', () => {
  sends(() => receiver.url);
  it('reaches a collector as part of the pipeline’s: places, gate, verdicts, writes, queries', async () => {
    const annotations = { ...QUICK, 'sluice.dev/approval': 'promotion' };
    await onSite(access, { annotations, rate: 60 }, async (site) => {
      await site.untilGated();
      await site.annotate({ [TRACEPARENT]: `00-${TRACE}-${PIPELINE}-01` });
      const v2 = await site.push('v2');
      await until('a person is asked', async () => {
        const release = await site.releaseOf(v2);
        return release?.status?.waitingFor === 'promotion' ? release : null;
      });
      await site.act(v2, { approvals: [{ gate: 'promotion' }] });
      const ended = await site.untilEnded(v2);
      expect(ended.status?.phase).toBe('Promoted');
      const { spans, resources } = await until('the whole release has arrived', async () => {
        const received = await receiver.received();
        return received.spans.some(({ name }) => name === `release ${MODEL}`) ? received : null;
      });
      expect(resources).toHaveLength(1);
      expect(resources[0]).toContain('"sluice"');
      expect(resources[0]).toContain('deployment.environment.name');
      expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
      const ids = new Set(spans.map(({ spanId }) => spanId));
      const outside = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
      expect(outside.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
        [`release ${MODEL}`, PIPELINE],
      ]);
      const names = new Set(spans.map(({ name }) => name));
      for (const name of ['Pending', 'Stepping.Analysing', 'gate promotion', 'verdict pass', 'query metrics'])
        expect(names).toContain(name);
      expect([...names].some((name) => name.startsWith('patch '))).toBe(true);
      const [root] = outside;
      for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
        expect(endTimeUnixNano >= startTimeUnixNano).toBe(true);
        expect(startTimeUnixNano >= (root?.startTimeUnixNano ?? 0n) - 1_000_000_000n).toBe(true);
      }
      const events = await site.api.client.list(
        { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true },
        site.namespace,
      );
      const about = events.items.filter(({ metadata }) => metadata.annotations?.[TRACEPARENT] !== undefined);
      expect(about.length).toBeGreaterThan(0);
    });
  });
});

describe('the trace of a release that nobody receives', () => {
  sends(() => 'http://127.0.0.1:18329');
  it('costs the release nothing', async () => {
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.9' });
      expect((await site.untilEnded(v2)).status?.phase).toBe('Aborted');
    });
  });
});
