import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Component, createComponent } from '../cluster/process/component.ts';
import type { Access } from './access.ts';

/** How a controller is started. */
export interface ControllerOptions {
  /** Name of the replica; its log has it, and its lease. */
  readonly name?: string;
  /** Where it serves its metrics and health; each replica needs its own. */
  readonly port?: number;
  readonly queue?: 'memory' | 'redis';
  /** Further flags, which win. */
  readonly flags?: readonly string[];
  /** A proxy in front of the API server, for faults; by default the cluster's API server. */
  readonly kubeconfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The tree of another version, whose controller it is; default this one. */
  readonly tree?: string | undefined;
}

/** A replica of the controller, run as a user would: its own process, under its own ServiceAccount. */
export interface Controller extends Component {
  readonly url: string;
  /** A metric of its /metrics, summed over the series with all of these label values; 0 if there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Resident memory in megabytes. */
  rssMb(): Promise<number>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERIES = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/;

/**
 * Flags of a controller that watches only one namespace, and leads there by its own lease: others may run beside it.
 * Its ServiceAccount needs rights to that lease, which the installed ones do not give.
 */
export const onlyFor = (namespace: string): string[] => [
  `--namespaces=${namespace}`,
  // Not in that namespace: while it is being deleted nobody could get a lease there.
  '--lease-namespace=sluice-system',
  `--lease-name=${namespace}`,
];

/** Sums the series of one name in the text format of Prometheus. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .map((line) => SERIES.exec(line)?.groups)
    .filter((series) => series?.['name'] === name)
    .filter((series) => wanted.every((label) => (series?.['labels'] ?? '').includes(label)))
    .reduce((sum, series) => sum + Number(series?.['value'] ?? 0), 0);
}

/** Creates a replica; `start` runs it, and resolves when it is ready to work. */
export function createController(access: Access, options: ControllerOptions = {}): Controller {
  const { name = 'sluice-0', port = 18_080, queue = 'memory', flags = [], kubeconfig, env, tree } = options;
  const url = `http://127.0.0.1:${port}`;
  const redis = queue === 'redis' ? [`--redis-url=${access.redisUrl}`] : [];
  const component = createComponent({
    name,
    command: process.execPath,
    args: [
      join(tree ?? ROOT, 'src/main.ts'),
      `--kubeconfig=${kubeconfig ?? access.controllerKubeconfig}`,
      `--prometheus-url=${access.prometheusUrl}`,
      // Receivers of webhooks and messages in tests are on this machine.
      '--allow-targets=127.0.0.0/8,::1',
      `--istiod-debounce-max=${access.istiodDebounceMax}`,
      `--http-address=127.0.0.1:${port}`,
      `--identity=${name}`,
      `--queue=${queue}`,
      ...redis,
      ...flags,
    ],
    ...(env === undefined ? {} : { env }),
    logFile: join(access.logs, `${name}.log`),
    ready: async () => (await fetch(`${url}/readyz`)).ok,
    stopTimeoutMs: 40_000,
  });
  const text = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const controller = {
    url,
    metric: async (metric: string, labels?: Readonly<Record<string, string>>) =>
      sumOf(await text(), metric, labels),
    rssMb: async () => sumOf(await text(), 'process_resident_memory_bytes') / 2 ** 20,
  };
  return Object.defineProperties(controller, Object.getOwnPropertyDescriptors(component)) as Controller;
}
