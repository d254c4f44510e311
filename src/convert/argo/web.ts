import type { Field } from '../ledger/ledger.ts';
import { compact } from '../output.ts';
import {
  boundsOf,
  cadenceOf,
  conditionsOf,
  filledIn,
  type Metric,
  type MetricContext,
  remarkConditions,
  remarkLimits,
} from './metric.ts';

/** A metric that asks a URL. */
export function webMetric(metric: Field, name: string, context: MetricContext, to: string): Metric | null {
  const web = metric.at('provider', 'web');
  const url = web.at('url').text();
  const conditions = conditionsOf(metric, context);
  remarkLimits(metric);
  const filled = url === undefined ? null : filledIn(url, context);
  if (filled === null || !/^https?:\/\/[^\s@{}]+$/.test(filled)) {
    web
      .at('url')
      .refuse('must be one URL without a user, a password or an argument of several values: write it out');
    return null;
  }
  web
    .at('url')
    .remark(
      'is asked by POST with a signed question (a key of the Secret sluice-notifications), and must answer {"value": …} or {"verdict": …}',
      `${to}.webhook.url`,
    );
  const seconds = web.at('timeoutSeconds').number();
  web.at('timeoutSeconds').keep(`${to}.webhook.timeout`);
  web
    .at('jsonPath')
    .refuse(
      'is not read: let the service answer {"value": NUMBER} or {"verdict": "pass"}, or put a small adapter before it',
    );
  web.at('method').remark('is POST always');
  for (const key of ['headers', 'body', 'jsonBody'])
    web
      .at(key)
      .refuse(
        'is not sent: the question has its own form, with parameters of your own (webhook.parameters); credentials are a key of a Secret (webhook.token)',
      );
  web.at('insecure').refuse('certificates are always checked');
  web.at('authentication').refuse('is a token of the Secret sluice-notifications: webhook.token');
  const cadence = cadenceOf(metric, context, `${to}.webhook`);
  remarkConditions(metric, conditions, to);
  const timeout = seconds === undefined ? undefined : `${Math.min(30, Math.max(1, Math.round(seconds)))}s`;
  const webhook = compact({
    url: filled,
    secret: { key: name.replaceAll(/[^-._a-zA-Z0-9]/g, '-') },
    timeout,
    ...cadence,
  });
  return { name, ...boundsOf(conditions), webhook, ...(context.dryRun && { dryRun: true }) };
}
