import type { Ledger } from '../ledger/ledger.ts';
import { copyMeta } from '../values/metadata.ts';

const INLINED = 'stands in the AnalysisTemplate of each Canary that uses it, with its bounds and variables';
const SOURCE =
  'belongs to the source, which is set at the controller: --prometheus-url, or --metrics-sources with credentials from files';
const OTHER =
  'has no counterpart in Sluice, which asks Prometheus, webhooks and Jobs: bring the numbers into Prometheus by an exporter, or ask them by a webhook or a Job';

/** Accounts for a MetricTemplate, which becomes a part of others. */
export function readMetricTemplate(ledger: Ledger, namespace: string): void {
  copyMeta(ledger.root, namespace);
  const spec = ledger.root.at('spec');
  const provider = spec.at('provider');
  const isPrometheus = provider.at('type').value === 'prometheus';
  spec.at('query').remark(INLINED, 'AnalysisTemplate spec.metrics');
  provider.at('type').keep('AnalysisTemplate spec.metrics');
  provider.at('address').remark(SOURCE);
  provider.at('region').remark('is of CloudWatch alone');
  for (const key of ['headers', 'secretRef', 'insecureSkipVerify']) provider.at(key).refuse(SOURCE);
  if (!isPrometheus) spec.refuse(OTHER);
}

/** Accounts for an AlertProvider, which becomes receivers. */
export function readAlertProvider(ledger: Ledger, namespace: string): void {
  copyMeta(ledger.root, namespace);
  const spec = ledger.root.at('spec');
  const type = spec.at('type').value;
  spec.at('type').keep('Rollout spec.notifications');
  spec.at('channel').keep('Rollout spec.notifications[].slack.channel');
  spec.at('username').remark('messages come from Sluice’s own app');
  spec
    .at('address')
    .remark(
      'messages go by the API of Slack with a bot token of the controller; URLs that are secrets stand in a Secret (teams.url)',
    );
  spec
    .at('secretRef')
    .remark(
      'a bot token, or the URL of a workflow of Teams under the key address',
      'Rollout spec.notifications',
    );
  spec.at('proxy').refuse('is set at the controller: HTTPS_PROXY');
  if (type !== 'slack' && type !== 'msteams')
    spec.refuse(`${String(type)}: there are slack, teams, webhook and email: spec.notifications`);
}
