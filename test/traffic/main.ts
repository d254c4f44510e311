/**
 * `npm run test:traffic`: releases under an open loop of requests, on every road, by every strategy, through every
 * transition; judged from the outside. Exits with 1 when a healthy version lost anything.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ensureBinaries } from '../../hack/cluster/binaries/binaries.ts';
import { ensurePart } from '../../hack/cluster/binaries/optional-parts.ts';
import { attempt } from '../../hack/cluster/process/command.ts';
import { enterNamespace } from '../../hack/cluster/process/namespace.ts';
import { actOn } from '../../hack/testbed/remote.ts';
import { startTestCluster } from '../../hack/testbed/test-cluster.ts';
import { LEASE_RIGHTS } from '../faults/lease-rights.ts';
import { type Ground, playCase } from './case.ts';
import { CASES, nameOf, type TrafficCase } from './matrix.ts';
import type { CaseResult } from './measure.ts';
import { reportOf, tableOf } from './report.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    list: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    lanes: { type: 'string', default: '1' },
    report: { type: 'string' },
  },
});
const say = (line: string): void => console.log(line);

function wholeNumber(name: 'rate' | 'lanes'): number {
  if (!/^[1-9][0-9]{0,3}$/.test(values[name])) throw new RangeError(`--${name} must be from 1 to 9999`);
  return Number(values[name]);
}

function tell({ name, problems, seconds }: CaseResult): void {
  say(`${problems.length === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  for (const problem of problems) say(`    ${problem}`);
}

/** Plays the cases that need the cluster for themselves one by one, then the others beside each other. */
async function playAll(
  ground: Ground,
  cases: readonly TrafficCase[],
  lanes: number,
  note: (so: readonly CaseResult[]) => Promise<void>,
): Promise<void> {
  const results = new Map<TrafficCase, CaseResult>();
  const lane = async (queue: TrafficCase[]): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const result = await playCase(ground, one);
      results.set(one, result);
      tell(result);
      await note(cases.flatMap((known) => results.get(known) ?? []));
    }
  };
  await lane(cases.filter(({ play }) => play.alone === true));
  const shared = cases.filter(({ play }) => play.alone !== true);
  await Promise.all(Array.from({ length: lanes }, () => lane(shared)));
}

/** From the beginning of one of its parts, so that `istio/` is no other road. */
const isNamed = (name: string, text: string): boolean => `/${name}`.includes(`/${text}`);
const cases = CASES.filter((one) => values.only.some((text) => isNamed(nameOf(one), text)));
if (cases.length === 0)
  throw new RangeError(`--only ${values.only.join(', ')} names none of: ${CASES.map(nameOf).join(', ')}`);
if (values.list) {
  for (const one of cases) say(`${nameOf(one)}: ${one.play.about}`);
  process.exit();
}
const [rate, lanes] = [wholeNumber('rate'), wholeNumber('lanes')];
const setup = (line: string): void => say(`setup: ${line}`);
await ensureBinaries({ log: setup });
const parts = new Set(cases.flatMap(({ road }) => road.part ?? []));
const ensured = async (name: 'contour' | 'endpointPicker') =>
  parts.has(name) ? ensurePart(name, setup) : null;
const [contour, endpointPicker] = [await ensured('contour'), await ensured('endpointPicker')];
await enterNamespace();
const began = performance.now();
const cluster = await startTestCluster((line) => say(`cluster: ${line}`), {
  contour,
  endpointPicker,
  retries: false,
});
try {
  const { access, components } = cluster.given;
  await attempt(access.kubectl, ['--kubeconfig', access.kubeconfig, 'apply', '-f', '-'], {
    input: LEASE_RIGHTS,
  });
  const ground: Ground = {
    access,
    rate,
    ownControllers: true,
    act: (component, action) => actOn(components, component, action),
  };
  let report = reportOf([], rate, 0);
  // After each case, so that a run that is stopped has a report, too.
  await playAll(ground, cases, lanes, async (results) => {
    report = reportOf(results, rate, (performance.now() - began) / 1_000);
    if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, null, 2)}\n`);
  });
  say(`\n${tableOf(report)}\n\n${cases.length} cases, ${report.failedCases} failed, ${report.seconds} s`);
  process.exitCode = report.failedCases === 0 ? 0 : 1;
} finally {
  await cluster.stop();
}
process.exit();
