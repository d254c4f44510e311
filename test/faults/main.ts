/**
 * `npm run test:faults`: releases under traffic with one fault each, judged from the outside. `--all` plays every fault
 * at every point; without it, a sample of the seed. Exits with 1 when anything did not hold.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBinaries } from '../../hack/cluster/binaries/binaries.ts';
import { type Cluster, startCluster } from '../../hack/cluster/cluster.ts';
import { attempt } from '../../hack/cluster/process/command.ts';
import { enterNamespace } from '../../hack/cluster/process/namespace.ts';
import { applyManifests } from '../../hack/install/manifests.ts';
import { accessOf } from '../../hack/testbed/access.ts';
import { act } from '../../hack/testbed/remote.ts';
import { type Case, type CaseResult, type Ground, idOf } from './case.ts';
import { LEASE_RIGHTS } from './lease-rights.ts';
import { caseOf, sampleOf, type WriteCounts, wholeMatrix } from './matrix.ts';
import { playAll, type RunOptions, reportOf, summaryTable } from './run.ts';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    sample: { type: 'string', default: '12' },
    lanes: { type: 'string', default: '2' },
    minutes: { type: 'string' },
    report: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.log(line);

function wholeNumber(name: 'seed' | 'sample' | 'lanes' | 'minutes'): number {
  const text = values[name] ?? '';
  if (!/^[0-9]{1,9}$/.test(text)) throw new RangeError(`--${name} "${text}" must be a whole number`);
  return Number(text);
}

/** Both scenarios without a fault: they must hold, and they tell how many writes there are to break. */
async function countWrites(ground: Ground, options: RunOptions): Promise<[CaseResult[], WriteCounts]> {
  const results = await playAll(ground, [caseOf('none/always/good'), caseOf('none/always/bad')], options);
  const count = (scenario: string): number =>
    results.find(({ id }) => id.endsWith(`/${scenario}`))?.writes.length ?? 0;
  for (const { id, writes } of results)
    say(`${id}: ${writes.length} writes\n${writes.map((write, at) => `  ${at + 1} ${write}`).join('\n')}`);
  return [results, { good: count('good'), bad: count('bad') }];
}

function chosen(writes: WriteCounts, seed: number): Case[] {
  const whole = wholeMatrix(writes).filter(
    (one) => one.fault.name !== 'none' && (values.only?.some((text) => idOf(one).includes(text)) ?? true),
  );
  return sampleOf(
    whole,
    seed,
    values.all || values.only !== undefined ? whole.length : wholeNumber('sample'),
  );
}

async function playOn(cluster: Cluster): Promise<CaseResult[]> {
  const { kubectl } = cluster.binaries;
  await applyManifests(
    (args, input) =>
      attempt(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input }),
    { controller: false },
  );
  await cluster.apply(LEASE_RIGHTS);
  const ground: Ground = {
    access: await accessOf(cluster),
    seed: wholeNumber('seed'),
    act: (component, action) => act(cluster, component, action),
  };
  const within = values.minutes === undefined ? {} : { within: wholeNumber('minutes') * 60_000 };
  const options = { lanes: wholeNumber('lanes'), say, ...within };
  if (values.case.length > 0) return playAll(ground, values.case.map(caseOf), options);
  const [reference, writes] = await countWrites(ground, options);
  const cases = chosen(writes, ground.seed);
  say(`${cases.length} cases, seed ${ground.seed}`);
  if (values.list) {
    for (const one of cases) say(idOf(one));
    return reference;
  }
  return [...reference, ...(await playAll(ground, cases, options))];
}

await ensureBinaries({ log: (line) => say(`setup: ${line}`) });
await enterNamespace();
const began = performance.now();
const root = await mkdtemp(join(tmpdir(), 'sluice-faults-'));
const cluster = await startCluster({ dir: join(root, 'cluster'), log: (line) => say(`cluster: ${line}`) });
try {
  const results = await playOn(cluster);
  const report = reportOf(results, wholeNumber('seed'), (performance.now() - began) / 1_000);
  say(`\n${summaryTable(report)}`);
  if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.failed === 0 ? 0 : 1;
} finally {
  await cluster.stop();
  if (values.keep) say(`state and logs are in ${root}`);
  else await rm(root, { recursive: true, force: true });
}
process.exit();
