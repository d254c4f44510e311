import type { Field } from '../ledger/ledger.ts';

const SUBSCRIPTION = /^notifications\.argoproj\.io\/subscribe\.([^.]+)(?:\.([^.]+))?$/;
const OURS = /^notifications\.argoproj\.io\/|^notified\.notifications\.argoproj\.io/;
const ORDER = ['critical', 'warning', 'info'] as const;
type Severity = (typeof ORDER)[number];

const SEVERITY: Readonly<Record<string, Severity>> = {
  'on-rollout-aborted': 'critical',
  'on-analysis-run-failed': 'critical',
  'on-analysis-run-error': 'warning',
  'on-rollout-paused': 'warning',
};

/** Whether an annotation is about notifications. */
export const isSubscription = (annotation: string): boolean => OURS.test(annotation);

const TO: Readonly<Record<string, string>> = {
  teams: 'write teams: {url: {key: …}} with the URL of a workflow in the Secret sluice-notifications',
  webhook: 'write webhook: {url: …, secret: {key: …}}: it gets signed CloudEvents',
  email: 'write email: {to: …, from: …, host: …}',
};

/** Subscriptions in the annotations: a receiver for each channel of Slack, with the least severity that was asked for. */
export function notificationsOf(annotations: Field): object[] {
  const channels = new Map<string, Severity>();
  for (const [key, one] of annotations.entries()) {
    if (!OURS.test(key)) continue;
    const [, trigger = '', service = ''] = SUBSCRIPTION.exec(key) ?? [];
    if (service !== 'slack') {
      one.refuse(
        `${service === '' ? 'is no subscription that can be read' : `receivers of ${service} are written in spec.notifications`}: ${TO[service] ?? 'there are slack, webhook, teams and email'}`,
      );
      continue;
    }
    const severity = SEVERITY[trigger] ?? 'info';
    const names = String(one.value)
      .split(/[;,]/)
      .map((name) => name.trim().replace(/^#/, ''))
      .filter((name) => /^[^\s#]{1,80}$/.test(name));
    for (const name of names) {
      const before = channels.get(name) ?? 'critical';
      channels.set(name, ORDER[Math.max(ORDER.indexOf(before), ORDER.indexOf(severity))] ?? 'info');
    }
    if (names.length === 0) one.refuse('names no channel: write it like ml-releases');
    else
      one.remark(
        `severity ${severity} and above, in one thread for each release, with texts of Sluice; its app must be in the channel`,
        'spec.notifications',
      );
  }
  const receivers = [...channels].map(([name, severity], index) => ({
    name: `slack-${index + 1}`,
    severity,
    slack: { channel: `#${name}` },
  }));
  return receivers.slice(0, 8);
}
