import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CliError } from './cli-error.ts';
import { view as completion } from './commands/completion.ts';
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
