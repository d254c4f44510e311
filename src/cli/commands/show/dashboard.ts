import { randomBytes } from 'node:crypto';
import { connect } from '../../../adapters/kubernetes/connection.ts';
import { systemClock } from '../../../clock.ts';
import { assemble } from '../../../dashboard/server/assemble.ts';
import { readAssets } from '../../../dashboard/server/assets.ts';
import { ownerOf } from '../../../dashboard/server/people/access.ts';
import { serveDashboard } from '../../../dashboard/server/serve.ts';
import { wordsOf } from '../../../errors.ts';
import type { Listening } from '../../../http/listen.ts';
import type { Log } from '../../../ports/telemetry.ts';
import { version } from '../../../version.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { createExaminer, type ExamineFlags } from '../../examiner.ts';
import { explainError } from '../../explain-error.ts';
import type { ClusterFlags } from '../../session.ts';
import { say, tell } from '../../terminal/output.ts';

interface Flags extends ClusterFlags, ExamineFlags {
  readonly port: string;
}

const HOST = '127.0.0.1';

/** The port of a flag; 0 is any free one. */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port <= 65_535) return port;
  throw usage(`--port ${text}: must be a number from 0 to 65535; 0 is any free port`);
}

/** Only what goes wrong is shown: whatever is worth knowing is on the page. */
const LOG: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => tell(`${message}: ${wordsOf((fields as { err?: unknown }).err)}`),
};

/** The names under which a browser on this machine reaches a port. */
const hostsOf = (port: number): readonly string[] =>
  ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);

async function open(flags: Flags): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const connection = await connect(flags, process.env, systemClock);
  const namespace = flags.namespace ?? connection.namespace ?? 'default';
  const key = randomBytes(24).toString('base64url');
  const hosts: string[] = [];
  const own = { key, signedIn: await ownerOf({ connection, clock: systemClock, version }, namespace) };
  const parts = assemble({
    version,
    cluster: connection.server,
    assets: await readAssets(),
    access: { ways: [], own },
    examiner: createExaminer(flags, connection.server),
    sessionMs: null,
    namespaces: [namespace],
    isSecure: false,
    // Cookies of one machine are shared by all of its ports.
    cookie: `sluice-${randomBytes(6).toString('hex')}`,
    isBehindProxy: false,
    hosts,
    clock: systemClock,
    random: Math.random,
    log: LOG,
  });
  const server: Listening = await serveDashboard(parts, { host: HOST, port: portOf(flags.port) }).catch(
    (error: unknown): never => {
      throw new CliError(`--port ${flags.port}: ${wordsOf(error)}`, {
        exit: EXIT.usage,
        next: ['choose another port, or 0 for any free one'],
      });
    },
  );
  hosts.push(...hostsOf(server.port));
  return {
    url: `http://${HOST}:${server.port}/?key=${key}`,
    close: async () => {
      await server.close();
      await connection.close();
    },
  };
}

/** `sluice dashboard`: serves the pages on loopback, with the rights of the kubeconfig, until Ctrl-C. */
export async function run(flags: Flags): Promise<void> {
  const scene = { server: '', namespace: flags.namespace ?? 'default' };
  const { url, close } = await open(flags).catch((error: unknown): never => {
    throw explainError(error, scene);
  });
  say(url);
  tell('The link has a key: who has it acts with your rights. Ctrl-C ends it.');
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  await ended;
  await close();
}
