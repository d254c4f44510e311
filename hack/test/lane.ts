/**
 * One lane of the integration tests: starts a cluster and runs its batches on it, one after the other. Started by
 * `main.ts` in a network namespace of its own; its argument is a `LaneOrder` as JSON.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { GIVEN, startTestCluster } from '../testbed/test-cluster.ts';
import { add, NO_TESTS } from './counts.ts';
import { Batch } from './lanes.ts';
import { runProject } from './project.ts';

const LaneOrder = z.object({
  name: z.string(),
  batches: z.array(Batch),
  /** File that gets the outcome. */
  result: z.string(),
});

const { name, batches, result } = LaneOrder.parse(JSON.parse(process.argv[2] ?? ''));
const say = (line: string): void => console.log(`${name}: ${line}`);
const began = performance.now();
const cluster = await startTestCluster(say);
let outcome = NO_TESTS;
try {
  const env = { ...process.env, [GIVEN]: cluster.file };
  for (const { project, files } of batches) outcome = add(outcome, await runProject(project, files, env));
} finally {
  await cluster.stop();
}
say(`took ${Math.round((performance.now() - began) / 1_000)} s`);
writeFileSync(result, JSON.stringify(outcome));
process.exit();
