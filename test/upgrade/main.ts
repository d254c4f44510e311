/**
 * `npm run test:upgrade`: the controller of an earlier commit, and then the present one, as processes on the local cluster. Exits
 * with 3, which is neither a pass nor a failure, where the checkout does not have that commit.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries } from '../../hack/cluster/binaries/binaries.ts';
import { enterNamespace } from '../../hack/cluster/process/namespace.ts';
import { closingLine } from '../../hack/test/counts.ts';
import { runProject } from '../../hack/test/project.ts';
import { GIVEN, startTestCluster } from '../../hack/testbed/test-cluster.ts';
import { EARLIER, TREE } from './earlier.ts';
import { commitOf, extract } from './tree.ts';

const NO_COMMIT = 3;
const commit = commitOf(process.argv[2] ?? EARLIER);
if (commit === null) {
  console.log(
    `upgrade: ${process.argv[2] ?? EARLIER} is not in this checkout, so nothing was tested: git fetch --unshallow`,
  );
  process.exit(NO_COMMIT);
}
await ensureBinaries({ log: (line) => console.log(`setup: ${line}`) });
await enterNamespace();
const tree = await mkdtemp(join(tmpdir(), 'sluice-earlier-'));
const cluster = await startTestCluster((line) => console.log(`cluster: ${line}`));
try {
  extract(commit, tree);
  console.log(`upgrade: from ${commit}`);
  const outcome = await runProject('upgrade', [], { ...process.env, [GIVEN]: cluster.file, [TREE]: tree });
  console.log(closingLine(outcome));
  process.exitCode = outcome.failed === 0 && outcome.passed > 0 ? 0 : 1;
} finally {
  await cluster.stop();
  await rm(tree, { recursive: true });
}
process.exit();
