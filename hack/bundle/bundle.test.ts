import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, drawing } from './bundle.ts';

const execute = promisify(execFile);
const USAGE = 'Usage: node dist/controller.mjs';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bundle-'));
  await bundle('sluice', join(folder, 'sluice.mjs'));
  await bundle('controller', join(folder, 'controller.mjs'));
  await copyFile(join(folder, 'sluice.mjs'), join(folder, 'kubectl-sluice'));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** Runs the file far from any package.json and node_modules, as a user who has only downloaded it. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [join(folder, program), ...args], {
    cwd: folder,
    env: {},
  });
  return stdout;
}

describe('the one file', () => {
  it('needs nothing beside it', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run('sluice.mjs', '--version')).toBe(`sluice ${version}\n`);
    expect(await run('sluice.mjs', '--help')).toContain('Usage: sluice [options] [command]');
  });

  it('checks files', async () => {
    const example = new URL('../../manifests/examples/rollout.yaml', import.meta.url);
    await copyFile(example, join(folder, 'rollout.yaml'));
    expect(await run('sluice.mjs', 'validate', 'rollout.yaml')).toContain('valid: 1 Rollout');
  });

  it('is a plugin of kubectl under another name', async () => {
    expect(await run('kubectl-sluice', '--help')).toContain('Usage: kubectl sluice [options] [command]');
  });

  it('tells of a cluster that is not there, with all that it takes to ask one', async () => {
    const failing = run('sluice.mjs', 'get', '--kubeconfig', '/no/such/config');
    await expect(failing).rejects.toThrow('kubeconfig /no/such/config cannot be read');
  });
});

describe('the controller in one file', () => {
  it('needs nothing beside it', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run('controller.mjs', '--version')).toBe(`${version}\n`);
    expect(await run('controller.mjs', '--help')).toContain('--prometheus-url');
  });

  it('draws pictures with what it has in it', async () => {
    const outfile = join(folder, 'draw.mjs');
    const entry = fileURLToPath(new URL('../../src/adapters/notify/draw.ts', import.meta.url));
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      define: await drawing(),
    });
    const { createDraw } = (await import(outfile)) as typeof import('../../src/adapters/notify/draw.ts');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">1</text></svg>';
    expect(Buffer.from(await createDraw()(svg, 1)).toString('latin1', 1, 4)).toBe('PNG');
    expect(await readFile(join(folder, 'controller.mjs'), 'utf8')).not.toMatch(/SLUICE_(RESVG|FONT)/);
  });

  it('has a map that leads from a place in it to our file', async () => {
    const lines = (await readFile(join(folder, 'controller.mjs'), 'utf8')).split('\n');
    const line = lines.findIndex((text) => text.includes(USAGE));
    const map = new SourceMap(JSON.parse(await readFile(join(folder, 'controller.mjs.map'), 'utf8')));
    const found = map.findEntry(line, lines[line]?.indexOf(USAGE) ?? 0);
    expect(found).toHaveProperty('originalSource', expect.stringContaining('src/config/help.ts'));
    expect(lines.at(-2)).toBe('//# sourceMappingURL=controller.mjs.map');
  });
});
