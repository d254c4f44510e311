import type { Notification } from '../../ports/notifier.ts';
import { factsOf, titleOf } from './text.ts';

/** Ids of the buttons; the handler of presses knows them, too. */
const BUTTONS = {
  approve: 'sluice_approve',
  reject: 'sluice_reject',
  details: 'sluice_details',
} as const;

/** Maximum length of a section's text in Slack. */
const MOST = 2_900;

/** Characters that Slack treats as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const section = (text: string): object => ({
  type: 'section',
  text: { type: 'mrkdwn', text: text.slice(0, MOST), verbatim: true },
});

function buttons({ gate, release }: Notification): object[] {
  if (gate === null) return [];
  const value = JSON.stringify(gate.subject);
  const button = (action: string, text: string, more: object): object => ({
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text },
    value,
    ...more,
  });
  const confirm = {
    title: { type: 'plain_text', text: 'Reject?' },
    text: { type: 'plain_text', text: `Release ${release} is rolled back at once.`.slice(0, 300) },
    confirm: { type: 'plain_text', text: 'Reject' },
    deny: { type: 'plain_text', text: 'Cancel' },
    style: 'danger',
  };
  const elements = [
    button(BUTTONS.approve, `Approve "${gate.subject.gate}"`, { style: 'primary' }),
    button(BUTTONS.reject, 'Reject', { style: 'danger', confirm }),
    button(BUTTONS.details, 'Details', {}),
  ];
  return [{ type: 'actions', block_id: 'sluice_gate', elements }];
}

/** The state of a release, as blocks: what changes, the verdicts, and the buttons while a gate waits. */
export function stateBlocks(message: Notification, asks: boolean): object[] {
  const facts = factsOf(message).map(([name, value]) => {
    const text = escaped(value);
    return section(value.includes('\n') ? `*${name}*\n\`\`\`${text}\`\`\`` : `*${name}*  ${text}`);
  });
  const commands = message.commands.map((command) => `\`${escaped(command)}\``);
  const links = message.links.map(
    ({ name, url }) => `<${escaped(url)}|${escaped(name).replaceAll('|', '/')}>`,
  );
  return [
    { type: 'header', text: { type: 'plain_text', text: titleOf(message).slice(0, 150) } },
    section(escaped(message.text)),
    ...facts,
    ...(asks ? buttons(message) : []),
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: [...links, ...commands].join('  ').slice(0, MOST) }],
    },
  ];
}

/** One message in the thread of a release. */
export function replyText(message: Notification): string {
  return `${escaped(titleOf(message))}\n${escaped(message.text)}`.slice(0, MOST);
}
