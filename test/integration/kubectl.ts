import { attempt } from '../../hack/cluster/process/command.ts';
import type { Kubectl } from '../../hack/install/manifests.ts';
import type { KubeObject } from '../../src/api/meta.ts';

/** kubectl on one cluster, as one user. */
export interface Client {
  /** Runs it; resolves however it ends. */
  readonly run: Kubectl;
  /** Runs it and answers its standard output. Throws with its standard error where it fails. */
  readonly ok: (args: readonly string[], input?: string) => Promise<string>;
  /** Runs what must fail, and answers its standard error. */
  readonly refused: (args: readonly string[], input?: string) => Promise<string>;
  /** Reads one object. */
  readonly get: (kind: string, name: string) => Promise<KubeObject>;
  /** The same with more flags: another namespace, or, by impersonation, somebody else. */
  readonly with: (...flags: string[]) => Client;
}

/** Where kubectl is and where it is to go. */
export interface ClientOptions {
  readonly kubectl: string;
  readonly kubeconfig: string;
}

/** kubectl with these flags in front of every command. */
export function createClient(options: ClientOptions, flags: readonly string[] = []): Client {
  const run: Kubectl = (args, input) =>
    attempt(options.kubectl, ['--kubeconfig', options.kubeconfig, ...flags, ...args], {
      ...(input === undefined ? {} : { input }),
      timeoutMs: 60_000,
    });
  const ok: Client['ok'] = async (args, input) => {
    const { code, stdout, stderr } = await run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const refused: Client['refused'] = async (args, input) => {
    const { code, stdout, stderr } = await run(args, input);
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} was not refused: ${stdout}`);
    return stderr;
  };
  return {
    run,
    ok,
    refused,
    get: async (kind, name) => JSON.parse(await ok(['get', kind, name, '-o', 'json'])),
    with: (...more) => createClient(options, [...flags, ...more]),
  };
}
