import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses } from '../addresses.ts';
import type { Binaries } from '../binaries/binaries.ts';
import type { ComponentSpec } from '../process/component.ts';
import { answers, redisAnswers } from '../process/probe.ts';
import { yamlText } from '../yaml-text.ts';
import { flags, spacedFlags } from './flags.ts';

const { ports } = addresses;

const keep = (label: string, regex: string): object => ({ source_labels: [label], regex, action: 'keep' });
const copy = (from: string, to: string): object => ({ source_labels: [from], target_label: to });
const annotation = '__meta_kubernetes_pod_annotation_prometheus_io';

/**
 * Prometheus' configuration: running pods that ask for it by `prometheus.io/scrape: "true"`, with the labels `namespace`,
 * `pod`, `node`, `pod_template_hash`; and the proxies' own statistics, with the label `proxy`, when there is a mesh.
 */
export function prometheusConfig(kubeconfig: string | null, scrapeInterval: string, mesh: boolean): object {
  const pods = {
    job_name: 'pods',
    kubernetes_sd_configs: [{ role: 'pod', ...(kubeconfig === null ? {} : { kubeconfig_file: kubeconfig }) }],
    relabel_configs: [
      keep(`${annotation}_scrape`, 'true'),
      keep('__meta_kubernetes_pod_phase', 'Running'),
      {
        source_labels: ['__meta_kubernetes_pod_ip', `${annotation}_port`],
        regex: '(.+);(.+)',
        replacement: '$1:$2',
        target_label: '__address__',
      },
      { source_labels: [`${annotation}_path`], regex: '(.+)', target_label: '__metrics_path__' },
      copy('__meta_kubernetes_namespace', 'namespace'),
      copy('__meta_kubernetes_pod_name', 'pod'),
      copy('__meta_kubernetes_pod_node_name', 'node'),
      copy('__meta_kubernetes_pod_label_pod_template_hash', 'pod_template_hash'),
    ],
  };
  const proxies = {
    job_name: 'envoy',
    metrics_path: '/stats/prometheus',
    static_configs: [
      { targets: [`127.0.0.1:${ports.gatewayAdmin}`], labels: { proxy: 'gateway' } },
      { targets: [`127.0.0.1:${ports.meshAdmin}`], labels: { proxy: 'mesh' } },
    ],
  };
  return {
    global: {
      scrape_interval: scrapeInterval,
      scrape_timeout: scrapeInterval,
      evaluation_interval: scrapeInterval,
    },
    scrape_configs: mesh ? [pods, proxies] : [pods],
  };
}

export interface PrometheusInput {
  readonly binaries: Binaries;
  readonly directory: string;
  readonly logs: string;
  readonly kubeconfig: string;
  readonly scrapeInterval: string;
  readonly mesh: boolean;
}

/** Writes Prometheus' configuration and returns how it is run. */
export async function prometheusSpec(input: PrometheusInput): Promise<ComponentSpec> {
  const directory = join(input.directory, 'prometheus');
  const config = join(directory, 'prometheus.yaml');
  await mkdir(directory, { recursive: true });
  await writeFile(config, yamlText(prometheusConfig(input.kubeconfig, input.scrapeInterval, input.mesh)));
  const url = `http://127.0.0.1:${ports.prometheus}`;
  return {
    name: 'prometheus',
    command: input.binaries.prometheus,
    args: [
      ...flags({
        'config.file': config,
        'storage.tsdb.path': join(directory, 'data'),
        'storage.tsdb.retention.time': '6h',
        'web.listen-address': `127.0.0.1:${ports.prometheus}`,
        'log.level': 'warn',
      }),
      '--web.enable-lifecycle',
    ],
    logFile: join(input.logs, 'prometheus.log'),
    ready: () => answers(`${url}/-/ready`),
  };
}

/** Redis in memory only, as BullMQ wants it: never evicting. */
export function redisSpec(input: Pick<PrometheusInput, 'binaries' | 'directory' | 'logs'>): ComponentSpec {
  return {
    name: 'redis',
    command: input.binaries.redisServer,
    args: spacedFlags({
      port: ports.redis,
      bind: '127.0.0.1',
      dir: input.directory,
      save: '',
      appendonly: 'no',
      'maxmemory-policy': 'noeviction',
    }),
    logFile: join(input.logs, 'redis.log'),
    ready: () => redisAnswers(ports.redis),
  };
}
