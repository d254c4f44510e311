import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { podRange } from '../addresses.ts';
import type { ComponentSpec } from '../process/component.ts';
import { type ClientTls, nodeIsReady } from '../process/probe.ts';
import { flags } from './flags.ts';
import { apiServerUrl } from './identities.ts';

/** How the pods of a node are run: as processes, or only in the API (for thousands of them). */
export type NodeMode = 'processes' | 'instant' | 'lazy';

export interface NodeInput {
  readonly kubeconfig: string;
  readonly tls: ClientTls;
  readonly logs: string;
  readonly gpus: number;
  readonly mode: NodeMode;
}

const main = fileURLToPath(new URL('../node/main.ts', import.meta.url));

/** The agent of node number `index`; ready when the API server says that its node is. */
export function nodeSpec(input: NodeInput, index: number): ComponentSpec {
  const name = `node-${index}`;
  return {
    name,
    command: process.execPath,
    args: [
      main,
      ...flags({
        kubeconfig: input.kubeconfig,
        name,
        'pod-cidr': podRange(index),
        gpus: input.gpus,
        mode: input.mode,
        'log-dir': join(input.logs, name),
      }),
    ],
    logFile: join(input.logs, `${name}.log`),
    ready: () => nodeIsReady(apiServerUrl, input.tls, name),
    stopTimeoutMs: 15_000,
  };
}
