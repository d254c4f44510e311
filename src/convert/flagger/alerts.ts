import type { KubeObject } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';
import { isFields, textOr } from '../ledger/path.ts';

/** Gates and receivers of the webhooks and alerts of a Canary. */
export interface People {
  readonly gates: readonly string[];
  readonly notifications: readonly object[];
}

const SEVERITY: Readonly<Record<string, string>> = { info: 'info', warn: 'warning', error: 'critical' };

function receiverOf(provider: KubeObject | undefined): object | null {
  const spec = provider?.['spec'];
  if (!isFields(spec)) return null;
  const { type, channel, secretRef } = spec;
  const name = textOr(channel, '').replace(/^#/, '');
  if (type === 'slack' && /^[^\s#]{1,80}$/.test(name)) return { slack: { channel: `#${name}` } };
  const secret = isFields(secretRef) ? secretRef['name'] : undefined;
  return type === 'msteams' && typeof secret === 'string'
    ? { teams: { url: { name: secret, key: 'address' } } }
    : null;
}

const NO_RECEIVER =
  'its AlertProvider is not among what was read, or is no channel of Slack and no Teams with a Secret: write the receiver into spec.notifications (slack, webhook, teams, email)';

/** The alerts of a Canary, with the AlertProviders among what was read. */
export function alertsOf(alerts: Field, providers: readonly KubeObject[], namespace: string): object[] {
  return alerts.items().flatMap((one, index) => {
    const [name, from] = [
      one.at('providerRef', 'name').value,
      one.at('providerRef', 'namespace').value ?? namespace,
    ];
    const provider = providers.find(
      (other) => other.metadata.name === name && (other.metadata.namespace ?? namespace) === from,
    );
    const receiver = receiverOf(provider);
    if (receiver === null) {
      one.refuse(NO_RECEIVER);
      return [];
    }
    one.remark(
      'goes by Sluice’s own app or workflow, with one thread for each release; a Secret beside sluice-notifications needs a Role',
      `spec.notifications[${index}]`,
    );
    return [
      {
        name: `alert-${index + 1}`,
        severity: SEVERITY[textOr(one.at('severity').value, '')] ?? 'info',
        ...receiver,
      },
    ];
  });
}

const PEOPLE =
  'a person approves: sluice approve, in Slack, or a system by spec.approval.webhook; Flagger asks the URL again and again instead';
const OTHERS: Readonly<Record<string, string>> = {
  'pre-rollout':
    'run it as a Job before any traffic (a metric with job: {at: start}), or ask the service by a metric with webhook',
  rollout:
    'no load test is needed for a verdict; where it checks something, run it as a Job in each step (a metric with job), or ask it by a metric with webhook',
  'post-rollout': 'send it the messages: spec.notifications with webhook gets signed CloudEvents of each end',
  rollback:
    'a system rolls back by a metric with webhook that answers {"verdict": "fail"}, or by sluice abort',
};

function webhookReceiver(one: Field, index: number): object[] {
  const url = one.at('url').text();
  if (url === undefined || !/^https?:\/\/[^\s@]+$/.test(url)) {
    one.refuse('must be a URL without a user or password');
    return [];
  }
  one.remark(
    'gets signed CloudEvents of each release (a key of the Secret sluice-notifications) in place of Flagger’s events',
    `spec.notifications`,
  );
  return [{ name: `event-${index + 1}`, webhook: { url, secret: { key: `event-${index + 1}` } } }];
}

/** The webhooks of a Canary; `weights` are the names of its steps with weights. */
export function webhooksOf(webhooks: Field, weights: readonly string[]): People {
  const gates: string[] = [];
  const notifications: object[] = [];
  for (const [index, one] of webhooks.items().entries()) {
    const type = textOr(one.at('type').value, '') || 'rollout';
    const opened = {
      'confirm-rollout': ['start'],
      'confirm-traffic-increase': weights,
      'confirm-promotion': ['promotion'],
    }[type];
    if (opened !== undefined) {
      gates.push(...opened);
      one.remark(PEOPLE, 'spec.approval.at');
    } else if (type === 'event') notifications.push(...webhookReceiver(one, index));
    else one.refuse(OTHERS[type] ?? 'is of a type that is not known');
  }
  return { gates, notifications };
}
