/** `npm run sessions`: records what `sluice status -w` shows of a good and a bad release by each strategy, into a page. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBinaries } from '../cluster/binaries/binaries.ts';
import { enterNamespace } from '../cluster/process/namespace.ts';
import { createController } from '../testbed/controller.ts';
import { startTestCluster } from '../testbed/test-cluster.ts';
import { pageOf, type Session } from './page.ts';
import { record } from './record.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const PAGE = fileURLToPath(new URL('../../manifests/docs/sessions.md', import.meta.url));
const LANES = 3;

const { values } = parseArgs({
  options: { out: { type: 'string', default: PAGE }, only: { type: 'string', default: '' } },
});
const say = (line: string): void => console.log(line);

await ensureBinaries({ log: say });
await enterNamespace();
const cluster = await startTestCluster(say);
const { access } = cluster.given;
const controller = createController(access);
try {
  await controller.start();
  const chosen = SCENARIOS.filter(({ title }) => title.includes(values.only));
  const queue = [...chosen];
  const sessions = new Map<Scenario, Session>();
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const [good, bad] = [await record(access, one, false), await record(access, one, true)];
      sessions.set(one, { scenario: one, good, bad });
      say(`${one.title}: exit codes ${good.code} and ${bad.code}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const recorded = chosen.flatMap((one) => sessions.get(one) ?? []);
  await writeFile(values.out, pageOf(recorded, new Date().toISOString().slice(0, 10)));
  say(`written to ${values.out}`);
} finally {
  await controller.stop();
  await cluster.stop();
}
process.exit();
