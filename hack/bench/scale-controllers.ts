import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { addresses } from '../cluster/addresses.ts';
import { type Component, createComponent } from '../cluster/process/component.ts';
import type { Access } from '../testbed/access.ts';
import { sumOf } from '../testbed/controller.ts';

/** Replicas of the controller, as the image runs them: compiled, with its Node options. */
export interface Controllers {
  /** Starts them and resolves when all are ready. */
  start(): Promise<void>;
  figures(): Promise<Figures>;
  stop(): Promise<void>;
}

/** What the replicas say of themselves at one moment. */
export interface Figures {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Resident memory of the largest replica, and used heap of all. */
  readonly rssMb: number;
  readonly heapMb: number;
  /** Sums over the replicas since their starts. */
  readonly cpuSeconds: number;
  readonly passes: number;
  /** Passes that lost a race. */
  readonly conflicts: number;
  /** Keys that wait or are under way. */
  readonly pending: number;
  /** Of the worst replica since the last look, milliseconds. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

/** The controller as the image has it. */
export const CONTROLLER = fileURLToPath(new URL('../../dist/controller.mjs', import.meta.url));
const MB = 2 ** 20;
const PORT = 18_080;

function figuresOf(pages: readonly string[]): Figures {
  const each = (name: string, labels?: Readonly<Record<string, string>>): number[] =>
    pages.map((page) => sumOf(page, name, labels));
  const sum = (...of: Parameters<typeof each>): number => each(...of).reduce((a, b) => a + b, 0);
  const keys = (state: string): number => sum('sluice_queue_keys', { state });
  return {
    at: Date.now(),
    rssMb: Math.max(...each('process_resident_memory_bytes')) / MB,
    heapMb: sum('nodejs_heap_size_used_bytes') / MB,
    cpuSeconds: sum('process_cpu_seconds_total'),
    passes: sum('sluice_reconciles_total'),
    conflicts: sum('sluice_reconciles_total', { result: 'conflict' }),
    pending: keys('waiting') + keys('active'),
    loopP99Ms: Math.max(...each('nodejs_eventloop_lag_p99_seconds')) * 1_000,
    loopMaxMs: Math.max(...each('nodejs_eventloop_lag_max_seconds')) * 1_000,
  };
}

/** Where the controller is to run. */
export interface Installation {
  /** Folder with `ca.crt` and `token`, as a pod has them of its ServiceAccount. */
  readonly account: string;
  readonly apiPort: number;
  readonly redisUrl: string;
  readonly logs: string;
  /** Where on loopback the first replica can be inspected, the next one at the next port; not at all unless told. */
  readonly inspectPort?: number;
}

/** What a pod would have of its ServiceAccount, as files in a folder. */
async function writeAccount({ dir, controllerKubeconfig }: Access): Promise<string> {
  const config = parse(await readFile(controllerKubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const folder = join(dir, 'controller-account');
  await mkdir(folder, { recursive: true });
  const ca = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64');
  await writeFile(join(folder, 'ca.crt'), ca);
  await writeFile(join(folder, 'token'), config.users[0].user.token, { mode: 0o600 });
  return folder;
}

const SETTINGS = process.env['BENCH_NODE_OPTIONS'] ?? '--max-semi-space-size=4';

/** Puts the account where a pod finds it, in a view of the file system that only this process has. */
const AS_IN_A_POD = `set -e
mount -t tmpfs tmpfs /run
mount --bind /run /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$1"/* /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"`;

const urlOf = (index: number): string => `http://127.0.0.1:${PORT + index}`;
const pageOf = async (index: number): Promise<string> => (await fetch(`${urlOf(index)}/metrics`)).text();

/** An installation on the local cluster. */
export async function installationOn(access: Access): Promise<Installation> {
  const { logs, redisUrl } = access;
  return { account: await writeAccount(access), apiPort: addresses.ports.apiServer, redisUrl, logs };
}

function replica(where: Installation, index: number, flags: readonly string[]): Component {
  const own = [`--http-address=127.0.0.1:${PORT + index}`, `--identity=sluice-${index}`, '--log-level=warn'];
  const program = [process.execPath, '--enable-source-maps', CONTROLLER, ...own, ...flags];
  const { inspectPort } = where;
  const inspect = inspectPort === undefined ? '' : ` --inspect=127.0.0.1:${inspectPort + index}`;
  return createComponent({
    name: `sluice-${index}`,
    command: 'unshare',
    args: ['--mount', 'sh', '-c', AS_IN_A_POD, 'sh', where.account, ...program],
    env: {
      NODE_ENV: 'production',
      NODE_OPTIONS: `${SETTINGS}${inspect}`,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(where.apiPort),
    },
    logFile: join(where.logs, `sluice-${index}.log`),
    ready: async () => (await fetch(`${urlOf(index)}/readyz`)).ok,
    stopTimeoutMs: 40_000,
  });
}

/** Makes so many replicas; one has its queue in memory, several share Redis. */
export function createControllers(
  where: Installation,
  prometheusUrl: string,
  replicas: number,
  more: readonly string[] = [],
): Controllers {
  const queue = replicas > 1 ? ['--queue=redis', `--redis-url=${where.redisUrl}`] : ['--queue=memory'];
  const flags = [`--prometheus-url=${prometheusUrl}`, '--leader-elect=true', ...queue, ...more];
  const all = Array.from({ length: replicas }, (_, index) => index);
  const components = all.map((index) => replica(where, index, flags));
  return {
    start: async () => {
      await Promise.all(components.map((one) => one.start()));
    },
    figures: async () => figuresOf(await Promise.all(all.map(pageOf))),
    stop: async () => {
      await Promise.all(components.map((one) => one.stop()));
    },
  };
}
