/**
 * `npm run cluster`: a local Kubernetes with Istio, Prometheus and Redis in a network namespace of its own, without
 * containers. `up` leaves it running; `run -- CMD` starts one for the time of a command.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ensureBinaries } from './binaries/binaries.ts';
import { isAlive, isClusterName, placesOf, readRecord } from './binaries/record.ts';
import { type ClusterOptions, startCluster } from './cluster.ts';
import { ClusterError, messageOf } from './cluster-error.ts';
import { environmentOf } from './parts/environment.ts';
import type { NodeMode } from './parts/node-agent.ts';
import { type Action, askAction, askStatus, type ComponentStatus } from './process/control-socket.ts';
import { enterNamespace, inNamespaceOf, runAttached } from './process/namespace.ts';
import { type ReadyRecord, ready, startDetached, stopDetached, supervise } from './process/supervisor.ts';

const log = (line: string): void => void process.stderr.write(`cluster: ${line}\n`);

function count(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('it has to be a whole number.');
}

function clusterName(value: string): string {
  if (isClusterName(value)) return value;
  throw new InvalidArgumentError('it has to be lower-case letters, digits and dashes, 40 at most.');
}

function nodeMode(value: string): NodeMode {
  if (value === 'processes' || value === 'instant' || value === 'lazy') return value;
  throw new InvalidArgumentError('it has to be processes, instant or lazy.');
}

interface StartFlags {
  readonly nodes: number;
  readonly gpus: number;
  readonly nodeMode: NodeMode;
  readonly istio: boolean;
  readonly prometheus: boolean;
  readonly redis: boolean;
  readonly scrapeInterval: string;
}

const optionsOf = (given: StartFlags): Omit<ClusterOptions, 'dir'> => ({
  nodes: given.nodes,
  gpusPerNode: given.gpus,
  nodeMode: given.nodeMode,
  istio: given.istio,
  prometheus: given.prometheus,
  redis: given.redis,
  scrapeInterval: given.scrapeInterval,
});

const withStartFlags = (command: Command): Command =>
  command
    .option('--nodes <count>', 'nodes, each with its agent', count, 1)
    .option('--gpus <count>', 'nvidia.com/gpu of each node', count, 8)
    .option(
      '--node-mode <mode>',
      'processes, or instant or lazy: pods in the API only',
      nodeMode,
      'processes',
    )
    .option('--no-istio', 'without istiod, gateway and mesh proxy')
    .option('--no-prometheus', 'without Prometheus')
    .option('--no-redis', 'without Redis')
    .option('--scrape-interval <duration>', 'how often Prometheus scrapes', '1s');

async function running(name: string): Promise<ReadyRecord> {
  const record = await readRecord(name);
  if (record === null)
    throw new ClusterError(`no cluster "${name}" is running; start it with: npm run cluster -- up`);
  const complete = ready(record);
  if (isAlive(record) && complete !== null) return complete;
  if (isAlive(record)) throw new ClusterError(`cluster "${name}" is still starting`);
  throw new ClusterError(
    `the supervisor of cluster "${name}" has died; clear away what is left with: npm run cluster -- down`,
  );
}

function explain(name: string, { access: { kubeconfig, logs, environment } }: ReadyRecord): string {
  const flag = name === 'default' ? '' : ` --name ${name}`;
  const { PATH: _path, KUBECONFIG: _config, ...addresses } = environment;
  return [
    `kubeconfig        ${kubeconfig}`,
    ...Object.entries(addresses).map(
      ([key, value]) => `${key.toLowerCase().replaceAll('_', ' ').padEnd(17)} ${value}`,
    ),
    `logs              ${logs}`,
    '',
    'The addresses are those of its own network namespace. Reach it with',
    `  npm run cluster -- kubectl${flag} get pods -A`,
    `  npm run cluster -- exec${flag} -- sh         (a shell inside, KUBECONFIG and the addresses in its environment)`,
    `  npm run cluster -- down${flag}`,
    '',
  ].join('\n');
}

async function up(name: string, flags: StartFlags, foreground: boolean): Promise<void> {
  const before = await readRecord(name);
  if (before !== null && isAlive(before)) {
    throw new ClusterError(
      `cluster "${name}" is running already; stop it with: npm run cluster -- down --name ${name}`,
    );
  }
  if (before !== null) await stopDetached(name, before);
  await ensureBinaries({ log });
  if (foreground) {
    await enterNamespace();
    await supervise(name, optionsOf(flags), log);
    return;
  }
  const args = [...process.argv.slice(1), '--foreground'];
  const record = await startDetached(name, args, (line) => void process.stderr.write(`${line}\n`));
  process.stdout.write(explain(name, record));
}

async function down(name: string): Promise<void> {
  const record = await readRecord(name);
  if (record === null) throw new ClusterError(`no cluster "${name}" is running`);
  log(`stopping "${name}"`);
  const killed = await stopDetached(name, record);
  log(killed === 0 ? 'stopped' : `stopped; ${killed} processes were left over and have been killed`);
}

function show(statuses: readonly ComponentStatus[]): void {
  const width = Math.max(...statuses.map(({ name }) => name.length));
  for (const { name, pid, state, logFile } of statuses) {
    console.log(`${name.padEnd(width)}  ${String(pid ?? '-').padStart(7)}  ${state.padEnd(13)}  ${logFile}`);
  }
}

async function execute(name: string, command: readonly string[]): Promise<void> {
  const { pid, namespace, access } = await running(name);
  if (command.length === 0) throw new ClusterError('exec needs a command: npm run cluster -- exec -- sh');
  Object.assign(process.env, access.environment, { SLUICE_NETNS: namespace });
  process.exitCode = await runAttached(inNamespaceOf(pid, command));
}

async function runWith(flags: StartFlags, command: readonly string[]): Promise<void> {
  if (command.length === 0) throw new ClusterError('run needs a command: npm run cluster -- run -- CMD');
  await ensureBinaries({ log });
  await enterNamespace();
  const dir = await mkdtemp(join(tmpdir(), 'sluice-cluster-'));
  const cluster = await startCluster({ ...optionsOf(flags), dir: join(dir, 'cluster'), log });
  try {
    Object.assign(process.env, environmentOf(cluster));
    const [program = '', ...args] = command;
    process.exitCode = await runAttached([program, ...args]);
  } finally {
    await cluster.stop();
    if (process.exitCode === 0) await rm(dir, { recursive: true });
    else log(`the logs are in ${cluster.logs}`);
  }
}

const named = (command: Command): Command =>
  command.option('--name <name>', 'which cluster', clusterName, 'default');

function build(): Command {
  const program = new Command('cluster');
  program.description('A local Kubernetes with Istio, Prometheus and Redis, without containers.');
  program.enablePositionalOptions();
  withStartFlags(named(program.command('up').description('start a cluster and leave it running')))
    .option('--foreground', 'stay until Ctrl-C instead')
    .action((given: StartFlags & { name: string; foreground?: boolean }) =>
      up(given.name, given, given.foreground === true),
    );
  named(program.command('down').description('stop a cluster')).action(({ name }) => down(name));
  named(
    program.command('status').description('show each component; exit code 1 when one is not healthy'),
  ).action(async ({ name }) => {
    await running(name);
    show(await askStatus(placesOf(name).socket));
  });
  for (const action of ['start', 'stop', 'pause', 'resume'] satisfies Action[]) {
    named(program.command(`${action} <component>`).description(`${action} one component`)).action(
      async (component: string, { name }) => {
        await running(name);
        show(await askAction(placesOf(name).socket, action, component));
      },
    );
  }
  named(program.command('kubectl [args...]').description('run kubectl as the administrator'))
    .passThroughOptions()
    .allowUnknownOption()
    .action((args: string[], { name }) => execute(name, ['kubectl', ...args]));
  named(program.command('exec [command...]').description('run a command in the cluster’s network namespace'))
    .passThroughOptions()
    .action((command: string[], { name }) => execute(name, command));
  withStartFlags(
    program.command('run [command...]').description('start a cluster for the time of one command'),
  )
    .passThroughOptions()
    .action((command: string[], given: StartFlags) => runWith(given, command));
  program
    .command('binaries')
    .description('only find or install the programs')
    .action(async () => {
      for (const [name, path] of Object.entries(await ensureBinaries({ log })))
        console.log(`${name}  ${path}`);
    });
  return program;
}

try {
  await build().parseAsync();
} catch (error) {
  if (!(error instanceof ClusterError)) throw error;
  log(messageOf(error));
  process.exitCode = 1;
}
