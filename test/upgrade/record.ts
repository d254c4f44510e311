/**
 * `npm run record:upgrade -- COMMIT`: records what the controller of a commit stores at each place of a release, as
 * `test/fixtures/upgrades/machine-N.json`. `test/simulation/upgrade.test.ts` has the present controller finish each of them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileOf, type Recording, textOf } from './recording.ts';
import { commitOf, extract } from './tree.ts';

const [name = 'HEAD'] = process.argv.slice(2);
const commit = commitOf(name);
if (commit === null)
  throw new Error(`${name} is no commit of this checkout; a shallow one has few: git fetch --unshallow`);

/** What the tree of another version needs beside what it has. */
const OURS = ['upgrade/take.ts', 'upgrade/plays.ts', 'simulation/past.ts'];

const tree = mkdtempSync(join(tmpdir(), 'sluice-tree-'));
try {
  extract(commit, tree);
  mkdirSync(join(tree, 'test/upgrade'), { recursive: true });
  for (const file of OURS) {
    const from = fileURLToPath(new URL(`../${file}`, import.meta.url));
    copyFileSync(from, join(tree, 'test', file));
  }
  const options = { cwd: tree, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const printed = execFileSync(process.execPath, ['test/upgrade/take.ts'], options);
  const recording = { commit, ...(JSON.parse(printed) as Omit<Recording, 'commit'>) };
  writeFileSync(fileOf(recording.machine), textOf(recording));
  console.log(`${recording.takes.length} places of machine version ${recording.machine}, by ${commit}`);
} finally {
  rmSync(tree, { recursive: true });
}
