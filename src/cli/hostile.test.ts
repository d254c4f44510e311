import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { HOSTILE, type HostileServer, hostile, startHostileServer } from '../../test/fakes/hostile-server.ts';
import {
  heldDeployment,
  loadingFor,
  pod,
  release,
  replicaSet,
  rollout,
  stepping,
  template,
} from '../../test/fixtures/cli.ts';
import type { Release } from '../api/release/release.ts';
import { run } from './run.ts';
import { coloured, harmlessLine } from './terminal/harmless.ts';

/** All characters that control a terminal, except line ends. */
const CONTROL = /(?!\n)(?:[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|[\p{Cf}--[\u200c\u200d]])/v;
/** Colours, as this program writes them. */
// oxlint-disable-next-line no-control-regex -- what the test searches for
const COLOURS = /\u001b\[(?:[129]|22|3[1-9])m/g;

const ended = (): Release =>
  release(
    { ...stepping(), phase: 'Aborted', finishedAt: new Date().toISOString(), reason: 'AnalysisFailed' },
    {
      approvals: [
        { gate: '25', onBehalfOf: 'alice', via: 'slack', at: '', by: 'bob', reason: 'fine' },
      ] as never,
    },
    'ranker-old',
  );
const deployment = heldDeployment(template('registry/ranker:v2', { TOKEN: 'one\ntwo' }));

let folder = '';
let kubeconfig = '';
let server: HostileServer;
const written: string[] = [];
const real = {
  rollout: rollout({ tried: 'x', conditions: [] }),
  release: release(stepping()),
  ended: ended(),
};
const objects = {
  rollouts: [hostile(real.rollout)],
  releases: [hostile(real.release), hostile(real.ended)],
  deployments: [hostile(deployment)],
  replicasets: [
    replicaSet('ranker-aaa', 1, 1, `registry/ranker:v1${HOSTILE}`),
    replicaSet('ranker-s222222222', 1, 0, `registry/ranker:v2${HOSTILE}`),
  ],
  pods: [
    hostile(
      pod('ranker-1', 's222222222', loadingFor(10, 2), { labels: { 'pod-template-hash': 's222222222' } }),
    ),
  ],
};

beforeAll(async () => {
  server = await startHostileServer(objects);
  folder = await mkdtemp(join(tmpdir(), 'sluice-hostile-'));
  kubeconfig = join(folder, 'config');
  const config = {
    'current-context': 'one',
    clusters: [{ name: 'one', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'one', user: {} }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one', namespace: 'models' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
  await rm(folder, { recursive: true });
});
afterEach(() => {
  server.fault = null;
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

/** What a command writes, on both streams. */
async function output(...args: readonly string[]): Promise<string> {
  written.length = 0;
  await run([...args, '--kubeconfig', kubeconfig], 'sluice');
  return written.join('');
}

/** The unsafe parts of an output. */
function wrongWith(text: string): string[] {
  const control = CONTROL.exec(text.replaceAll(COLOURS, ''));
  return [
    ...(text === '' ? ['it is empty'] : []),
    ...(control === null ? [] : [`it has ${JSON.stringify(control[0])} at ${control.index}`]),
    ...text.split('\n').filter((line) => line.trim().startsWith('FORGED')),
  ];
}

const COMMANDS = [
  'get',
  'get -o wide',
  'get -A',
  'get -o name',
  'status',
  'status ranker-old',
  'explain',
  'explain ranker-old',
  'explain --record /nowhere/pass.json',
  'history',
  'history -o wide',
  'history -A',
  'notifications',
  'diff',
  'wait --timeout 10ms',
  'wait ranker-old',
  'approve',
  'reject --reason no',
  'abort',
  'pause',
  'resume',
  'skip',
  'promote --full --yes',
  'retry',
  'names',
  'plan',
  'preflight',
  'replay',
  'doctor',
  'init ranker',
  'version --server',
  'get absent',
  'status release/absent',
  'diff -n absent',
  'status -w ranker-old',
].map((line) => line.split(' '));

describe('hostile text in objects', () => {
  it.each(COMMANDS.map((args) => [args.join(' '), args] as const))(
    'sluice %s shows it harmless',
    async (_, args) => {
      expect(wrongWith(await output(...args))).toEqual([]);
    },
  );

  it.each(COMMANDS.map((args) => [args.join(' '), args] as const))(
    'sluice %s shows a refusal harmless',
    async (_, args) => {
      server.fault = { code: 403, message: `forbidden: User "eve${HOSTILE}" may not` };
      expect(wrongWith(await output(...args))).toEqual([]);
    },
  );

  it.each(['get', 'status', 'history', 'explain', 'diff', 'notifications'])(
    'colours of its own stay in sluice %s',
    async (command) => {
      vi.stubEnv('FORCE_COLOR', '1');
      vi.stubEnv('NO_COLOR', undefined);
      expect(wrongWith(await output(command))).toEqual([]);
    },
  );

  it.each(['json', 'yaml'])('stays what it is in %s', async (format) => {
    const answer = async (...args: string[]): Promise<unknown> => {
      const text = await output(...args, '-o', format);
      expect(wrongWith(text)).toEqual([]);
      return format === 'json' ? JSON.parse(text) : parse(text);
    };
    const stored: unknown[] = JSON.parse(JSON.stringify(objects.releases));
    expect(await answer('history')).toMatchObject({ items: expect.arrayContaining(stored) });
    const place = { message: objects.releases[0]?.status?.message };
    expect(await answer('status')).toMatchObject({ kind: 'ReleaseView', place });
    expect(await answer('get', 'ranker')).toMatchObject({ kind: 'ReleaseView', place });
    for (const command of ['explain', 'diff', 'notifications', 'doctor'])
      expect(wrongWith(await output(command, '-o', format))).toEqual([]);
  });
});

describe('hostile text that comes while one looks', () => {
  it.each(['watch', 'status -w', 'wait'])('is shown harmless by sluice %s', async (command) => {
    const done = output(...command.split(' '));
    await vi.waitFor(() => expect(written).not.toEqual([]));
    process.emit('SIGINT');
    expect(wrongWith(await done)).toEqual([]);
  });
});

describe('harmlessLine', () => {
  const anything = string({ unit: 'binary' });

  it('leaves nothing that a terminal acts on, and changes no other text', () => {
    assert(
      property(anything, (text) => {
        const shown = coloured(harmlessLine(text));
        return !CONTROL.test(shown) && !shown.includes('\n') && harmlessLine(shown) === shown;
      }),
    );
    expect(harmlessLine('naïve 😀 می\u200cخواهم ▇▇ 5 %')).toBe('naïve 😀 می\u200cخواهم ▇▇ 5 %');
  });

  it('takes no colour for our own that only looks like one', () => {
    expect(coloured(harmlessLine('\u001b[31mred\u001b[1234;1234;1234;1234;31m'))).not.toContain('\u001b');
  });
});

it('is the only way out: nothing else in the command line writes to a stream', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const writers = files
    .filter((file) => /(?<!test)\.ts$/.test(file))
    .filter((file) =>
      /process\.std(?:out|err)\.write|console\./.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
    );
  expect(writers).toEqual(['terminal/output.ts']);
});
