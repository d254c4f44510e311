import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { actOn } from '../../../hack/testbed/remote.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');
const components = inject('components');
const replicas = [0, 1].map((index) =>
  createController(access, { name: `redis-${index}`, port: 18_080 + index, queue: 'redis' }),
);

/** Waits until both replicas have Redis, or both have lost it. */
async function untilConnected(connected: 0 | 1): Promise<void> {
  await until(`sluice_queue_connected is ${connected} everywhere`, async () => {
    const all = await Promise.all(replicas.map((one) => one.metric('sluice_queue_connected')));
    return all.every((one) => one === connected);
  });
}

describe.skipIf(components === '')('two replicas that share the work by Redis', () => {
  beforeAll(async () => {
    await Promise.all(replicas.map((one) => one.start()));
    await untilConnected(1);
  });
  afterAll(() => Promise.all(replicas.map((one) => one.stop())));

  it('continue when Redis dies in the middle of a release, abort at once without it, and use it again', async () => {
    await onSite(access, { annotations: QUICK }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await actOn(components, 'redis', 'kill');
      try {
        await untilConnected(0);
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
        expect((await site.recordsNow()).filter(isFailed)).toEqual([]);

        const v3 = await site.push('v3', { ERROR_SHARE: '0.9' });
        expect((await site.untilEnded(v3)).status).toMatchObject({
          phase: 'Aborted',
          reason: 'AnalysisFailed',
        });
      } finally {
        await actOn(components, 'redis', 'start');
      }
      await untilConnected(1);
      const v4 = await site.push('v4', { ERROR_SHARE: '0' });
      expect((await site.untilEnded(v4)).status).toMatchObject({ phase: 'Promoted' });
    });
  });

  it('abort at once while Redis neither answers nor closes a connection', async () => {
    await onSite(access, { annotations: { ...QUICK, 'sluice.dev/bake': '1h' } }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await actOn(components, 'redis', 'pause');
      try {
        await site.act(v2, { abort: { reason: 'seen enough' } });
        // A resync, which would find it too, comes every five minutes only.
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted', weight: 0 });
        expect(await site.api.list('DestinationRule')).toEqual([]);
        expect((await site.api.list('ReplicaSet')).map(({ metadata }) => metadata.name)).toEqual([
          expect.stringMatching(`^${MODEL}-`),
        ]);
      } finally {
        await actOn(components, 'redis', 'resume');
      }
      await untilConnected(1);
    });
  });
});
