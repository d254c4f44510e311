import { CommanderError } from 'commander';
import { CliError, EXIT } from './cli-error.ts';
import { createProgram } from './program.ts';
import { remark, tell } from './terminal/output.ts';
import { paintFor } from './terminal/paint.ts';

function explain({ message, next }: CliError): void {
  const paint = paintFor(process.stderr);
  remark(`${paint('bad', 'sluice:')} ${message}`);
  // Lines to copy are not wrapped.
  tell(...next.map((line) => `  ${line}`));
}

/** Runs a command line and sets the exit code; `called` is the name of the program. */
export async function run(args: readonly string[], called: string): Promise<void> {
  const program = createProgram(called.startsWith('kubectl') ? 'kubectl sluice' : 'sluice');
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else if (error instanceof CliError) {
      explain(error);
      process.exitCode = error.exit;
    } else throw error;
  }
}
