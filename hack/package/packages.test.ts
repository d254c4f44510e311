import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makePackages, type Packages } from './packages.ts';

const execute = promisify(execFile);
const DOWNLOADS = 'https://example.com/sluice/releases/download/v0.1.0';
const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
const EXAMPLE = new URL('../../manifests/examples/rollout.yaml', import.meta.url);
const CANARY = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'ranker' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' },
    service: { port: 80 },
    analysis: { interval: '1m', threshold: 5, maxWeight: 50, stepWeight: 10 },
  },
};

let folder = '';
let packages: Packages;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-packages-'));
  packages = await makePackages(folder, DOWNLOADS);
  await mkdir(join(folder, 'user'));
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--no-save', packages.npm];
  await execute('npm', install, { cwd: join(folder, 'user') });
  await mkdir(join(folder, 'plugins'));
  await execute('tar', ['-xzf', packages.plugin, '-C', join(folder, 'plugins')]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** The folder of the Node that runs the tests, for `#!/usr/bin/env node`. */
const NODE = join(process.execPath, '..');

/** Runs a program of a user who has nothing else. */
async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const running = execute(join(folder, program), args, {
    cwd: join(folder, 'user'),
    env: { PATH: `${NODE}:/usr/bin:/bin`, HOME: folder },
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

const sluice = (...args: readonly string[]): Promise<string> => run('user/node_modules/.bin/sluice', args);

describe('the npm package', () => {
  it('is installed alone, with one program and completions', async () => {
    const { stdout } = await execute('tar', ['-tzf', packages.npm]);
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      'package/completion/_sluice',
      'package/completion/sluice.bash',
      'package/completion/sluice.fish',
      'package/package.json',
      'package/sluice.mjs',
    ]);
    const lock = await readFile(join(folder, 'user/node_modules/.package-lock.json'), 'utf8');
    expect(Object.keys(JSON.parse(lock).packages)).toEqual(['node_modules/sluice']);
  });

  it('runs in an empty folder', async () => {
    expect(await sluice('--help')).toContain('Usage: sluice [options] [command]');
    expect(await sluice('version')).toBe(`sluice ${version}\n`);
    await copyFile(fileURLToPath(EXAMPLE), join(folder, 'user/rollout.yaml'));
    expect(await sluice('validate', 'rollout.yaml')).toContain('valid: 1 Rollout');
    const converted = run('user/node_modules/.bin/sluice', ['convert', '-'], JSON.stringify(CANARY));
    expect(await converted).toContain('kind: Rollout');
    expect(await run('user/node_modules/.bin/kubectl-sluice', ['--help'])).toContain('Usage: kubectl sluice');
  });
});

/** Words that a shell offers behind a beginning. */
async function offered(line: string): Promise<string[]> {
  const words = line.split(' ');
  const script = [
    'source "$1"',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`,
    '_sluice',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const file = join(folder, 'user/node_modules/sluice/completion/sluice.bash');
  const { stdout } = await execute('bash', ['--norc', '-c', script, 'bash', file]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it.each([
    ['sluice st', ['status']],
    ['sluice con', ['convert']],
    ['sluice status --w', ['--watch']],
    ['sluice promote --f', ['--full']],
    ['kubectl-sluice hist', ['history']],
    ['sluice completion z', ['zsh']],
  ])('of "%s"', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

const SEMVER = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\w.-]+)?$/;

describe('the plugin of kubectl', () => {
  it('is one program under the name that kubectl runs', async () => {
    expect(await run('plugins/kubectl-sluice', ['--help'])).toContain('Usage: kubectl sluice');
    const { stdout } = await execute('tar', ['-tvzf', packages.plugin]);
    expect(stdout).toMatch(/^-rwxr-xr-x 0\/0 .* kubectl-sluice\n$/);
  });

  it('has a manifest that keeps the rules of krew', async () => {
    const { apiVersion, kind, metadata, spec } = parse(await readFile(packages.krew, 'utf8'));
    expect([apiVersion, kind]).toEqual(['krew.googlecontainertools.github.com/v1alpha2', 'Plugin']);
    expect(metadata).toEqual({ name: 'sluice' });
    expect(spec.version).toMatch(SEMVER);
    expect(spec.shortDescription).toMatch(/^.{1,50}$/);
    for (const { selector, uri, sha256, files, bin } of spec.platforms) {
      const archive = await readFile(packages.plugin);
      expect(sha256).toBe(createHash('sha256').update(archive).digest('hex'));
      expect(uri).toBe(`${DOWNLOADS}/kubectl-sluice-${version}.tar.gz`);
      expect(files.map(({ from }: { from: string }) => from)).toContain(bin);
      const [{ key, values }] = selector.matchExpressions;
      expect([key, values]).toEqual(['os', ['linux', 'darwin']]);
    }
  });

  it('is the same archive when it is made again', async () => {
    const again = join(folder, 'again');
    const made = await makePackages(again, DOWNLOADS);
    expect(await readFile(made.krew, 'utf8')).toBe(await readFile(packages.krew, 'utf8'));
  });
});
