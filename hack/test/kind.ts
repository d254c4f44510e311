/**
 * `npm run test:kind`: the integration tests against a cluster of kind's node image, by testcontainers, where Docker is
 * present. Without Docker it says so and exits with code 3, which is neither a pass nor a failure. Tests that stop parts
 * of the cluster or read its audit log are left out, and say so: kind's parts are not ours to stop.
 *
 * It is type-checked but has only ever been run on machines without Docker, so that code 3 is all that has been seen of it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import { startKind } from '../kind/cluster.ts';
import { GIVEN } from '../testbed/test-cluster.ts';
import { add, closingLine } from './counts.ts';
import { runProject } from './project.ts';

const NO_DOCKER = 3;
const say = (line: string): void => console.log(`kind: ${line}`);

async function hasDocker(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

async function test(filters: readonly string[]): Promise<number> {
  const { access, stop } = await startKind(say);
  try {
    const file = join(access.dir, 'given.json');
    writeFileSync(file, JSON.stringify({ access, components: '' }));
    const env = { ...process.env, [GIVEN]: file };
    const outcome = add(await runProject('shared', filters, env), await runProject('alone', filters, env));
    console.log(closingLine(outcome));
    return outcome.failed === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

if (await hasDocker()) {
  process.exitCode = await test(process.argv.slice(2));
} else {
  say('there is no Docker here (or it cannot be reached), so nothing was tested');
  process.exitCode = NO_DOCKER;
}
