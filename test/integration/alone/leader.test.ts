import { afterEach, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { writesUnder } from '../../../hack/testbed/audit.ts';
import {
  type Controller,
  type ControllerOptions,
  createController,
} from '../../../hack/testbed/controller.ts';
import { newCredential } from '../../../hack/testbed/credential.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';

const access = inject('access');
const started: Controller[] = [];

async function start(index: number, options: ControllerOptions = {}): Promise<Controller> {
  const controller = createController(access, { name: `leader-${index}`, port: 18_080 + index, ...options });
  started.push(controller);
  await controller.start();
  return controller;
}

/** Two replicas with the queue in memory, of which the first works. */
async function pair(options: ControllerOptions = {}): Promise<[Controller, Controller]> {
  const first = await start(0, options);
  await until('the first leads', async () => (await first.metric('sluice_leader')) === 1);
  return [first, await start(1)];
}

describe('of two replicas with the queue in memory', () => {
  afterEach(() => Promise.all(started.splice(0).map((one) => one.stop())));

  it('the other one goes on with a release when the leader is killed', async () => {
    const [first, second] = await pair();
    await onSite(access, { annotations: QUICK }, async (site) => {
      await site.untilGated();
      const v2 = await site.push('v2');
      await site.untilIn(v2, 'Stepping', 'Analysing');
      await first.stop('SIGKILL');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      expect(await second.metric('sluice_leader')).toBe(1);
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });

  it.skipIf(access.auditLog === '')(
    'a leader that is frozen for longer than its lease writes nothing more when it wakes up',
    async () => {
      const credential = await newCredential(access, 'leader');
      const [first, second] = await pair({ kubeconfig: credential.kubeconfig });
      const writes = (from: number): Promise<string[]> =>
        writesUnder(access.auditLog, credential.id, from, Date.now());
      await onSite(access, { annotations: QUICK }, async (site) => {
        await site.untilGated();
        const v2 = await site.push('v2');
        await site.untilIn(v2, 'Stepping', 'Analysing');
        expect(await writes(v2.at)).toContain('patch releases/status');
        first.pause();
        let woken = 0;
        try {
          await until('the other leads', async () => (await second.metric('sluice_leader')) === 1);
          await site.untilIn(v2, 'Promoting');
        } finally {
          woken = Date.now();
          first.resume();
        }
        await until('the frozen one has ended', () => !first.running);
        expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
        expect(await writes(woken)).toEqual([]);
        expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      });
    },
  );
});
