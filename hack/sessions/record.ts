import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Access } from '../testbed/access.ts';
import { join } from '../testbed/callers.ts';
import { quickRollout } from '../testbed/model.ts';
import { onSite, type Pushed, type Site } from '../testbed/site.ts';
import { until } from '../testbed/until.ts';
import { createFrames, type Frame } from './frames.ts';
import type { Scenario } from './scenarios.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** A bad version fails so often. */
const BAD = { ERROR_SHARE: '0.3' };
/** What stands in place of the namespace of a test. */
const NAMESPACE = 'models';
/** A person thinks for so long. */
const THINKING_MS = 2_000;
/** Until Prometheus has counted stable. */
const COUNTED_MS = 12_000;
const PATIENCE = { within: 120_000, every: 200 };

/** What was seen of a release, and how the command ended. */
export interface Recording {
  readonly frames: readonly Frame[];
  readonly code: number | null;
  /** When a person approved, in seconds of the recording; null where nobody did. */
  readonly approvedAt: number | null;
}

/** Runs `sluice status model -w` in a terminal of its own until it ends. */
function watchInTerminal(
  access: Access,
  site: Site,
): { readonly began: number; readonly ended: Promise<Omit<Recording, 'approvedAt'>> } {
  const command = [
    process.execPath,
    CLI,
    'status',
    'model',
    '-w',
    '-n',
    site.namespace,
    '--kubeconfig',
    access.kubeconfig,
  ];
  const shown = `stty cols 150 rows 60; exec ${command.join(' ')}`;
  const child = spawn('script', ['-qec', shown, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const began = performance.now();
  const now = (): number => (performance.now() - began) / 1_000;
  const frames = createFrames();
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => frames.write(text.replaceAll(site.namespace, NAMESPACE), now()));
  const ended = new Promise<Omit<Recording, 'approvedAt'>>((resolve) => {
    child.once('close', (code) => resolve({ frames: frames.end(now()), code }));
  });
  return { began, ended };
}

/** Approves once the release asks for it, if it does; answers when. */
async function approve(
  site: Site,
  pushed: Pushed,
  gate: string,
  over: () => boolean,
): Promise<number | null> {
  await until(
    `it waits for ${gate}, or has ended`,
    async () => over() || (await site.releaseOf(pushed))?.status?.waitingFor === gate,
    PATIENCE,
  );
  if (over()) return null;
  await site.traffic(THINKING_MS);
  await site.act(pushed, { approvals: [{ gate, by: 'maria' }] });
  return performance.now();
}

/** Records a good or a bad release of a scenario. */
export function record(
  access: Access,
  { spec, joined, approves }: Scenario,
  isBad: boolean,
): Promise<Recording> {
  return onSite(access, { rate: 40 }, async (site) => {
    await site.api.create(quickRollout('model', spec));
    await site.untilGated('model');
    const testers = joined === undefined ? null : await join(site, joined, 20);
    // Metrics of stable, as there are before any real release.
    await site.traffic(COUNTED_MS);
    const pushed = await site.push('v2', isBad ? BAD : {});
    await until('it has a Release', () => site.releaseOf(pushed));
    const { began, ended } = watchInTerminal(access, site);
    let isOver = false;
    const done = ended.finally(() => {
      isOver = true;
    });
    const approved = approves === undefined ? null : await approve(site, pushed, approves, () => isOver);
    const recording = await done;
    await testers?.stop();
    return { ...recording, approvedAt: approved === null ? null : (approved - began) / 1_000 };
  });
}
