import type { PodList } from '../adapters/kubernetes/pods.ts';
import { createPrometheus } from '../adapters/prometheus/source.ts';
import { createPodScraper } from '../adapters/scrape/source.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createTargets } from '../http/outgoing/targets.ts';
import {
  type MetricSource,
  type MetricSources,
  metricSources,
  type PastSources,
} from '../ports/metric-source.ts';

/** All metric sources of this process. Their background work does not delay the exit. */
export function createMetricSources(
  config: Config,
  pods: PodList,
  clock: Clock,
): MetricSources & PastSources {
  const targets = createTargets(config.allowTargets);
  const usual = createPrometheus({
    urls: config.prometheusUrls,
    timeoutMs: config.prometheusTimeout,
    tenant: config.prometheusTenant,
    headers: config.prometheusHeaders,
    bearerToken: config.prometheusBearerToken,
    bearerTokenFile: config.prometheusBearerTokenFile,
    username: config.prometheusUsername,
    password: config.prometheusPassword,
    passwordFile: config.prometheusPasswordFile,
    caFile: config.prometheusCaFile,
    certFile: config.prometheusCertFile,
    keyFile: config.prometheusKeyFile,
    clock,
  });
  const sources = new Map<string, MetricSource>([
    ['prometheus', usual],
    ['pods', createPodScraper({ pods, clock, everyMs: config.scrapeInterval, targets })],
  ]);
  for (const { name, ...options } of config.metricSources)
    sources.set(name, createPrometheus({ ...options, clock }));
  return metricSources(sources, config.metrics);
}
