import { parseArgs } from 'node:util';
import type { Mode } from './pod-worker.ts';

/** What the command line says. */
export interface NodeOptions {
  readonly kubeconfig: string;
  readonly name: string;
  readonly podCidr: string;
  readonly mode: Mode;
  readonly logDir: string;
  readonly gpus: number;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly maxBackOffMs: number;
}

export const USAGE = `node hack/cluster/node/main.ts --kubeconfig FILE --name node-0 --pod-cidr 10.244.0.0/24 --log-dir DIR
  --mode processes|instant|lazy   how pods are played (default processes)
  --gpus 8  --cpu 64  --memory 256Gi  --pods 6000   what the node offers (these are the defaults;
                                  it never takes more pods than the range has addresses for)
  --label KEY=VALUE               a label of the Node; may be given several times
  --max-back-off 10               seconds between restarts of a crashing container, at most`;

const MODES: readonly string[] = ['processes', 'instant', 'lazy'] satisfies Mode[];

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new RangeError(`--${name} is missing\n${USAGE}`);
  return value;
}

function count(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new RangeError(`--${name} "${text}" must be a whole number`);
  return value;
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new RangeError(`--label "${text}" must be KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Reads the command line. Throws a RangeError that names the option and how to write it. */
export function nodeOptionsOf(args: readonly string[]): NodeOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      kubeconfig: text,
      name: text,
      'pod-cidr': text,
      'log-dir': text,
      mode: { ...text, default: 'processes' },
      gpus: { ...text, default: '8' },
      cpu: { ...text, default: '64' },
      memory: { ...text, default: '256Gi' },
      pods: { ...text, default: '6000' },
      label: { ...text, multiple: true, default: [] },
      'max-back-off': { ...text, default: '10' },
    },
  });
  if (!MODES.includes(values.mode))
    throw new RangeError(`--mode "${values.mode}" must be ${MODES.join(', ')}`);
  return {
    kubeconfig: required(values.kubeconfig, 'kubeconfig'),
    name: required(values.name, 'name'),
    podCidr: required(values['pod-cidr'], 'pod-cidr'),
    logDir: required(values['log-dir'], 'log-dir'),
    mode: values.mode as Mode,
    gpus: count(values.gpus, 'gpus'),
    cpu: values.cpu,
    memory: values.memory,
    pods: count(values.pods, 'pods'),
    labels: Object.fromEntries(values.label.map(labelOf)),
    maxBackOffMs: count(values['max-back-off'], 'max-back-off') * 1_000,
  };
}
