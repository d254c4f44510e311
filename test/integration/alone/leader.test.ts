import { describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { writesUnder } from '../../../hack/testbed/audit.ts';
import {
  type Controller,
  type ControllerOptions,
  createController,
  onlyFor,
} from '../../../hack/testbed/controller.ts';
import { newCredential } from '../../../hack/testbed/credential.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { openSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';
import { grantLeases } from '../lease-rights.ts';

const access = inject('access');
let nextPort = 18_120;

type Pair = readonly [Controller, Controller];

/** Plays on a site with two replicas of its own, with the queue in memory. The first works, and has these options. */
async function onPairSite(
  options: ControllerOptions,
  play: (site: Site, pair: Pair) => Promise<void>,
): Promise<void> {
  const site = await openSite(access, { annotations: QUICK });
  const { namespace } = site;
  const replica = (index: number, more: ControllerOptions = {}): Controller =>
    createController(access, {
      name: `${namespace}-${index}`,
      port: nextPort++,
      flags: onlyFor(namespace),
      ...more,
    });
  const pair: Pair = [replica(0, options), replica(1)];
  const [first, second] = pair;
  try {
    await first.start();
    await until('the first leads', async () => (await first.metric('sluice_leader')) === 1);
    await second.start();
    await play(site, pair);
  } finally {
    await site.close();
    await Promise.all(pair.map((one) => one.stop()));
  }
}

describe.concurrent('of two replicas with the queue in memory', () => {
  grantLeases(createClient(access));

  it('the other one continues with a release when the leader is killed', async () => {
    await onPairSite({}, async (site, [first, second]) => {
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
      const writes = (from: number): Promise<string[]> =>
        writesUnder(access.auditLog, credential.id, from, Date.now());
      await onPairSite({ kubeconfig: credential.kubeconfig }, async (site, [first, second]) => {
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
