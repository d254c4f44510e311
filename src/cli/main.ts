#!/usr/bin/env node
import { basename } from 'node:path';
import { CommanderError } from 'commander';
import { EXIT, Fault } from './fault.ts';
import { remark } from './output.ts';
import { paintFor } from './paint.ts';
import { createProgram } from './program.ts';

function tell({ message, next }: Fault): void {
  const paint = paintFor(process.stderr);
  remark(`${paint('bad', 'sluice:')} ${message}`);
  // Lines to copy are left whole.
  for (const line of next) process.stderr.write(`  ${line}\n`);
}

async function main(args: readonly string[], called: string): Promise<void> {
  const program = createProgram(called.startsWith('kubectl') ? 'kubectl sluice' : 'sluice');
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else if (error instanceof Fault) {
      tell(error);
      process.exitCode = error.exit;
    } else throw error;
  }
}

// A reader that has seen enough, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
await main(process.argv.slice(2), basename(process.argv[1] ?? 'sluice'));
