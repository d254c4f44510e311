import { expect, it } from 'vitest';
import { prometheusConfig } from './observability.ts';

interface Config {
  readonly global: { readonly scrape_interval: string; readonly scrape_timeout: string };
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly relabel_configs?: readonly { readonly target_label?: string; readonly action?: string }[];
  }[];
}

const config = (mesh: boolean): Config => prometheusConfig('/kubeconfig', '1s', mesh) as Config;

it('gives pods the labels by which versions are distinguished', () => {
  const labels = config(true).scrape_configs[0]?.relabel_configs?.map(
    (rule) => rule.target_label ?? rule.action,
  );
  expect(labels).toEqual([
    'keep',
    'keep',
    '__address__',
    '__metrics_path__',
    'namespace',
    'pod',
    'node',
    'pod_template_hash',
  ]);
});

it('scrapes the proxies only where there is a mesh', () => {
  expect(config(true).scrape_configs.map((job) => job.job_name)).toEqual(['pods', 'envoy']);
  expect(config(false).scrape_configs.map((job) => job.job_name)).toEqual(['pods']);
});

it('never waits longer for a scrape than until the next one', () => {
  expect(config(true).global).toMatchObject({ scrape_interval: '1s', scrape_timeout: '1s' });
});
