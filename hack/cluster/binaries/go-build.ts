import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ClusterError, type Log } from '../cluster-error.ts';
import { attempt, lastLines, run } from '../process/command.ts';
import { cacheDirectory } from './cache.ts';
import { buildFile, GoModFile, type GoModule } from './go-module.ts';
import { compareVersions, parseVersion } from './version.ts';

export interface GoProgram {
  readonly module: GoModule;
  /** The import path of each program's main package. */
  readonly programs: Readonly<Record<string, string>>;
  /** `-X` assignments that put the version into the program. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** What a cold build takes on two cores, for the person who waits. */
  readonly minutes: string;
}

const Download = z.object({ Dir: z.string(), GoMod: z.string() });

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, CGO_ENABLED: '0', GOWORK: 'off' });

async function checkGo(needed: string, what: string): Promise<void> {
  const { code, stdout } = await attempt('go', ['env', 'GOVERSION', 'GOTOOLCHAIN']);
  if (code !== 0) {
    throw new ClusterError(
      `${what} could not be downloaded and Go is not installed: install Go ${needed} or newer, or put the program on PATH`,
    );
  }
  const [found = '', toolchain = ''] = stdout.split('\n');
  const have = parseVersion(found);
  const want = parseVersion(needed);
  const old = have !== null && want !== null && compareVersions(have, want) < 0;
  if (old && toolchain.startsWith('local')) {
    throw new ClusterError(`${what} needs Go ${needed} or newer, this is ${found}: install a newer Go`);
  }
}

/** Fetches a module and returns the folder of its files; the Go checksum database vouches for them. */
export async function moduleDirectory(module: GoModule): Promise<z.infer<typeof Download>> {
  const text = await run('go', ['mod', 'download', '-json', `${module.path}@${module.version}`], {
    env: environment(),
  });
  return Download.parse(JSON.parse(text));
}

async function compile(args: readonly string[], cwd: string, logFile: string): Promise<void> {
  const output = createWriteStream(logFile);
  const child = spawn('go', [...args], { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const [code] = await once(child, 'close');
  output.end();
  if (code === 0) return;
  throw new ClusterError(
    `go build failed, see ${logFile}:\n${lastLines(await readFile(logFile, 'utf8'), 15)}`,
  );
}

/** Builds the program of a folder of ours, which has a go.mod and go.sum, to the file `target`. */
export async function goBuildHere(folder: string, target: string): Promise<void> {
  await checkGo('1.26', target);
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', target, '.'];
  await run('go', args, { cwd: folder, env: environment() });
}

/** Builds the programs of a pinned module into `target`, with a go.mod of our own, and says how it is going. */
export async function goBuild(program: GoProgram, target: string, log: Log): Promise<void> {
  const { module, programs, variables, minutes } = program;
  const names = Object.keys(programs).join(', ');
  await checkGo('1.26', names);
  const workspace = join(cacheDirectory(), 'build', `${module.path.replaceAll('/', '_')}@${module.version}`);
  await mkdir(workspace, { recursive: true });
  const logFile = join(workspace, 'build.log');
  log(`${names}: building ${module.path} ${module.version} (cold about ${minutes} on two cores; ${logFile})`);
  const { GoMod } = await moduleDirectory(module);
  const file = GoModFile.parse(JSON.parse(await run('go', ['mod', 'edit', '-json', GoMod])));
  await checkGo(file.Go, names);
  await writeFile(join(workspace, 'go.mod'), buildFile(module, file));
  const started = Date.now();
  const progress = setInterval(() => {
    log(`${names}: still building, ${Math.round((Date.now() - started) / 1000)} s so far`);
  }, 30_000);
  const flags = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  const common = ['build', '-mod=mod', '-trimpath', `-tags=${(program.tags ?? []).join(',')}`];
  const linking = ['-ldflags', ['-s', '-w', ...flags].join(' ')];
  try {
    for (const [name, path] of Object.entries(programs)) {
      await compile([...common, ...linking, '-o', join(target, name), path], workspace, logFile);
    }
  } finally {
    clearInterval(progress);
  }
  log(`${names}: built in ${Math.round((Date.now() - started) / 1000)} s`);
}
