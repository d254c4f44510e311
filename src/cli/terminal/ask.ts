import { createInterface } from 'node:readline/promises';
import { usage } from '../cli-error.ts';
import { harmlessLine } from './harmless.ts';

/** Asks a person to confirm. Without a terminal, --yes is needed. */
export async function confirm(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes === true) return true;
  if (!process.stdin.isTTY)
    throw usage('this asks a person, and there is no terminal', 'add --yes to say yes beforehand');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${harmlessLine(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
