import { fileURLToPath } from 'node:url';
import type { Container } from './pod.ts';

/** A program to run for a container. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MODEL_SERVER = `${ROOT}hack/model-server/main.ts`;
const MODEL_SERVER_IMAGE = /^sluice\.dev\/model-server(:|@|$)/;
/** Programs that a container without an image of ours may run. */
const KNOWN = new Set(['sh', 'bash', 'sleep', 'true', 'false']);

/** Small heaps, since there is one process for each pod. */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1'];

function nodeCommand(args: readonly string[], cwd: string): Command {
  return { program: process.execPath, args: [...NODE_FLAGS, ...args], cwd };
}

/**
 * What to run for a container: its command and args when the program is known (node and plain shells, from the
 * repository's root), `hack/model-server` for the image `sluice.dev/model-server`, and null for anything else: such a
 * container counts as running without a process.
 */
export function commandOf({ command = [], args = [], image, workingDir }: Container): Command | null {
  const cwd = workingDir ?? ROOT;
  const [path = '', ...rest] = [...command, ...args];
  const program = path.replace(/^(\/usr)?\/bin\//, '');
  if (command.length > 0 && program === 'node') return nodeCommand(rest, cwd);
  if (command.length > 0 && KNOWN.has(program)) return { program, args: rest, cwd };
  return MODEL_SERVER_IMAGE.test(image) ? nodeCommand([MODEL_SERVER, ...args], cwd) : null;
}
