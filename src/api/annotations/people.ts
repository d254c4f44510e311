import { SlackReceiver } from '../notification.ts';
import { ApprovalPolicy } from '../rollout/approval.ts';
import type { Read, Settings } from './values.ts';

const not = (text: string, what: string): Read => ({ problem: `"${text}" is not ${what}` });
const list = (text: string): string[] => text.split(',').map((part) => part.trim());

/** Kinds of names of people in an annotation, and the field of each. */
const FIELDS: Readonly<Record<string, string>> = {
  user: 'users',
  group: 'groups',
  slack: 'slackUsers',
  'slack-group': 'slackGroups',
};

/** Who may approve. Names of users may contain colons, as those of ServiceAccounts do. */
export function approvers(text: string): Read {
  const from: Record<string, string[]> = {};
  for (const one of list(text)) {
    const [, prefix = 'user', name = ''] = /^(?:(user|group|slack|slack-group):)?(.+)$/.exec(one) ?? [];
    const field = FIELDS[prefix];
    if (name === '' || field === undefined)
      return not(
        text,
        'a list of people; write "alice", "group:ml-leads", "slack:U0123456789" or "slack-group:S0123456789"',
      );
    from[field] = [...(from[field] ?? []), name];
  }
  const checked = ApprovalPolicy.shape.from.safeParse(from);
  return checked.success
    ? { settings: { approvalOptions: { from } } }
    : { problem: `"${text}": ${checked.error.issues[0]?.message}` };
}

function channelOf(text: string): { channel: string } | null {
  return SlackReceiver.safeParse({ channel: text }).success ? { channel: text } : null;
}

/** A channel of Slack, for some setting. */
export function channel(text: string, settings: (slack: { channel: string }) => Settings): Read {
  const slack = channelOf(text);
  return slack === null
    ? not(text, 'a channel; write it like "#ml-releases", or its ID like "C0123456789"')
    : { settings: settings(slack) };
}
