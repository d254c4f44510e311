import { writeFileSync } from 'node:fs';
import { assert, asyncProperty } from 'fast-check';
import { expect, it } from 'vitest';
import { type PassRecord, recordPass, replayPass } from '../../src/release/pass-record.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import { SECRET } from './fixtures.ts';
import { plans } from './plans.ts';
import { play } from './play.ts';
import { runsOf } from './runs.ts';
import { reach, started } from './scene.ts';

/** `WORLD_RUNS=200 npm run unit -- observation` looks longer. */
const RUNS = runsOf(8);

it(
  'a pass that is recorded as JSON text is decided the same when it is replayed',
  async () => {
    const places = new Set<string>();
    await assert(
      asyncProperty(plans, async (plan) => {
        await play(plan, (observation, decision) => {
          const text = JSON.stringify(recordPass('test', observation, decision));
          const record = JSON.parse(text) as PassRecord;
          expect(replayPass(record, ROUTERS)).toEqual(record.decision);
          expect(text).not.toContain(SECRET);
          const { phase, stage = '' } = decision.status;
          places.add(`${phase}.${stage}`);
        });
      }),
      { numRuns: RUNS },
    );
    expect(places.size).toBeGreaterThan(8);
  },
  RUNS * 6_000,
);

/** `RECORD=test/fixtures/passes/NAME.json npm run unit -- observation` writes the pass in which a bad version is found. */
it.runIf(process.env['RECORD'])('is written to a file', async () => {
  const { world, witness } = await started();
  const records: PassRecord[] = [];
  world.passDecided = (observation, decision) => records.push(recordPass('test', observation, decision));
  world.failures.set('v2', 0.2);
  world.push('v2');
  await reach(world, witness, 'Aborted');
  const found = records.find(({ decision }) => decision.status.reason === 'AnalysisFailed');
  expect(found).toBeDefined();
  writeFileSync(process.env['RECORD'] ?? '', `${JSON.stringify(found, null, 2)}\n`);
});
