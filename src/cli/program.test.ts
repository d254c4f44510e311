import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CliError } from './cli-error.ts';
import { view as completion } from './commands/completion.ts';
import { EXAMPLES } from './examples.ts';
import { createProgram } from './program.ts';

const written: string[] = [];
const spies = [process.stdout, process.stderr].map((stream) =>
  vi.spyOn(stream, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  }),
);

/** Runs a command line; returns its output and how it failed. None of them reaches a cluster. */
async function run(...args: string[]): Promise<{ text: string; error: unknown }> {
  written.length = 0;
  const program = createProgram('sluice');
  for (const command of [program, ...program.commands]) command.exitOverride();
  const error = await program.parseAsync(args, { from: 'user' }).then(
    () => null,
    (cause: unknown) => cause,
  );
  return { text: written.join(''), error };
}

afterEach(() => {
  process.exitCode = undefined;
});

describe('the command line', () => {
  it.each<[string[], string]>([
    [['statsu'], "unknown command 'statsu'\n(Did you mean status?)"],
    [['status', '--wtach'], "unknown option '--wtach'\n(Did you mean --watch?)"],
    [['status', 'a', 'b'], 'too many arguments'],
    [['validate'], "missing required argument 'file'"],
    [['init'], "missing required argument 'deployment'"],
    [['get', '-n'], "option '-n, --namespace <name>' argument missing"],
  ])('%j is refused as usage', async (args, message) => {
    const { text, error } = await run(...args);
    expect(error).toBeInstanceOf(CommanderError);
    expect(text).toContain(message);
  });

  it.each<[string[], string, string]>([
    [['get', '-o', 'table'], '-o table: there is no such format', 'use one of json, yaml, wide, name'],
    [
      ['wait', '--for=ready'],
      '--for=ready: there is no such thing to wait for',
      'promoted, finished, approval',
    ],
    [['wait', '--timeout=5'], '--timeout=5: this is no duration', 'write it like 90s'],
    [['promote'], 'promote needs --full', 'sluice skip'],
    [['validate', '/no/such/file.yaml'], 'there is no file /no/such/file.yaml', ''],
    [['convert'], 'there is nothing to convert', '--from-cluster'],
    [['convert', '-A', 'k8s'], '-A is of --from-cluster', 'leave -A out'],
    [['convert', '--from-cluster', 'k8s'], '--from-cluster reads the cluster, and no files', 'leave'],
    [['completion', 'tcsh'], 'there is no completion for "tcsh"', 'bash, zsh, fish'],
    [['get', '--kubeconfig', '/no/such/config'], 'kubeconfig /no/such/config cannot be read', ''],
  ])('%j is refused with the fix', async (args, message, next) => {
    const { error } = await run(...args);
    expect(error).toBeInstanceOf(CliError);
    const { message: said, next: steps, exit } = error as CliError;
    expect(said).toContain(message);
    expect(steps.join()).toContain(next);
    expect(exit).toBe(2);
  });

  it('has a help for every command', async () => {
    for (const { name } of createProgram('sluice').commands.map((command) => ({ name: command.name() }))) {
      const { text } = await run(name, '--help');
      expect(text).toContain(`Usage: sluice ${name}`);
    }
    expect((await run('--help')).text).toContain('Exit codes: 0 yes or done');
  });

  it('completes commands, flags and names in three shells', () => {
    const words = [{ name: 'status', description: 'show it: a tree', flags: ['-w', '--watch'], named: true }];
    expect(completion('bash', words)).toContain('status) words="-w --watch"');
    expect(completion('zsh', words)).toContain("'status:show it\\: a tree'");
    expect(completion('fish', words)).toContain("__fish_seen_subcommand_from status' -l watch");
  });

  it('is called as it was started', () => {
    expect(createProgram('kubectl sluice').helpInformation()).toContain('Usage: kubectl sluice');
    expect(spies).toHaveLength(2);
  });
});

/** The words of a line of a shell: up to a redirection, behind the last pipe. */
function wordsOf(line: string): string[] {
  const command =
    line
      .replace(/^source <\((.*)\)$/, '$1')
      .split(' | ')
      .at(-1) ?? '';
  const [before = ''] = command.split(' > ');
  return [...before.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

describe('the help', () => {
  const { commands } = createProgram('sluice');
  const shown = commands.filter((command) => command.name() !== 'names');
  const all = shown.map((command) => [command.name(), command] as const);

  it.each(all)('of %s says what it does, what each flag is, and how it is typed', (name, command) => {
    expect(command.description()).not.toBe('');
    expect(command.options.filter(({ description }) => description === '').map(({ long }) => long)).toEqual(
      [],
    );
    expect(EXAMPLES[name]?.length).toBeGreaterThan(0);
  });

  it('has an example of no other command', () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(all.map(([name]) => name).toSorted());
  });

  const lines = Object.entries(EXAMPLES).flatMap(([name, examples]) =>
    examples.map(([line]) => [line, name]),
  );
  it.each(lines)('has an example that is understood: %s', async (line, name) => {
    const [called, ...args] = wordsOf(line ?? '');
    const program = createProgram('sluice');
    const ran: string[] = [];
    for (const command of [program, ...program.commands]) command.exitOverride();
    for (const command of program.commands) command.action(() => void ran.push(command.name()));
    await program.parseAsync(args, { from: 'user' });
    expect([called, ...ran]).toEqual(['sluice', name]);
  });

  it('ends with examples, under the name of the program', async () => {
    expect((await run('wait', '--help')).text).toContain(
      'Examples:\n  sluice wait ranker --timeout 45m\n      in a pipe',
    );
    const plugin = createProgram('kubectl sluice').commands.find((command) => command.name() === 'validate');
    written.length = 0;
    plugin?.outputHelp();
    expect(written.join('')).toContain('helm template chart | kubectl sluice validate -');
  });
});
