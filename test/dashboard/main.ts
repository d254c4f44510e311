/**
 * `npm run test:dashboard`: the pages in a real Chromium; first in front of an API server in memory, then on the local
 * cluster with a controller and traffic. `--without-cluster` leaves the second part out.
 */
import { parseArgs } from 'node:util';
import { ensureBinaries } from '../../hack/cluster/binaries/binaries.ts';
import { enterNamespace } from '../../hack/cluster/process/namespace.ts';
import { add, closingLine, type Outcome } from '../../hack/test/counts.ts';
import { runProject } from '../../hack/test/project.ts';
import { GIVEN, startTestCluster } from '../../hack/testbed/test-cluster.ts';

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { 'without-cluster': { type: 'boolean', default: false } },
});

async function onCluster(): Promise<Outcome> {
  const cluster = await startTestCluster((line) => console.log(`cluster: ${line}`));
  try {
    return await runProject('dashboard-cluster', filters, { ...process.env, [GIVEN]: cluster.file });
  } finally {
    await cluster.stop();
  }
}

if (!values['without-cluster']) {
  await ensureBinaries({ log: (line) => console.log(`setup: ${line}`) });
  await enterNamespace();
}
const pages = await runProject('dashboard', filters);
const outcome = values['without-cluster'] ? pages : add(pages, await onCluster());
console.log(closingLine(outcome));
process.exit(outcome.failed === 0 && outcome.passed > 0 ? 0 : 1);
