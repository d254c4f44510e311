import { createHash } from 'node:crypto';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { KubeObject } from '../../src/api/meta.ts';
import { cacheDirectory, installFiles, withLock } from '../cluster/binaries/cache.ts';
import { goBuildHere } from '../cluster/binaries/go-build.ts';
import type { Log } from '../cluster/cluster-error.ts';
import { run } from '../cluster/process/command.ts';

const SOURCE = fileURLToPath(new URL('.', import.meta.url));
const PROGRAM = 'health';

/** Flux's expressions for one kind. */
export const Expressions = z.object({
  inProgress: z.string(),
  failed: z.string(),
  current: z.string(),
});

/** An object, and who judges it: a script of Argo CD, expressions of Flux, or kstatus where both are absent. */
export interface HealthQuestion {
  readonly object: KubeObject;
  readonly script?: string;
  readonly exprs?: z.infer<typeof Expressions>;
}

const Answer = z.object({ status: z.string(), message: z.string() });
export type HealthAnswer = z.infer<typeof Answer>;

/** Named by its source, so that what lies in the cache is of this source. */
async function programPath(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(SOURCE, name)));
  return join(cacheDirectory(), 'bin', `gitops-health-${hash.digest('hex').slice(0, 12)}`, PROGRAM);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Builds the program that answers as the GitOps tools do, unless it is in the cache. Needs the network. */
export async function ensureHealth(log: Log): Promise<void> {
  await mkdir(cacheDirectory(), { recursive: true });
  const path = await programPath();
  if (await isThere(path)) return;
  await withLock(PROGRAM, log, async () => {
    if (await isThere(path)) return;
    log('health of GitOps tools: building it from their Go modules (cold about 1 minute on two cores)');
    await installFiles(join(path, '..'), [PROGRAM], (scratch) => goBuildHere(SOURCE, join(scratch, PROGRAM)));
  });
}

/** What the tools say of each object, in order; throws what a tool says of a script or expression that is wrong. */
export async function healthOf(questions: readonly HealthQuestion[]): Promise<HealthAnswer[]> {
  const input = questions.map((one) => JSON.stringify(one)).join('\n');
  const lines = await run(await programPath(), [], { input });
  return lines
    .trim()
    .split('\n')
    .map((line) => Answer.parse(JSON.parse(line)));
}
