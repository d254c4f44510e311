import { SluiceError } from '../../errors.ts';
import type { HttpLimits, Post } from '../../http/post.ts';
import type { Notification } from '../../ports/notifier.ts';
import { tell } from './http.ts';
import type { Send } from './send.ts';
import { factsOf, titleOf } from './text.ts';

const COLOURS = { info: 'default', warning: 'warning', critical: 'attention' } as const;

const text = (value: string, more: object = {}): object => ({
  type: 'TextBlock',
  text: value,
  wrap: true,
  ...more,
});

/** A message as an Adaptive Card 1.4, in the envelope of a Teams workflow. */
function teamsCard(message: Notification): object {
  const body = [
    text(titleOf(message), { weight: 'bolder', size: 'medium', color: COLOURS[message.severity] }),
    text(message.text),
    {
      type: 'FactSet',
      facts: factsOf(message).map(([title, value]) => ({ title, value: value.replaceAll('\n', '\n\n') })),
    },
    text(message.commands.join('\n\n'), { fontType: 'monospace', isSubtle: true }),
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    actions: message.links.map(({ name, url }) => ({ type: 'Action.OpenUrl', title: name, url })),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/** Posts Adaptive Cards to a workflow. Teams knows no threads and no idempotency key. */
export function createTeams(post: Post, limits?: HttpLimits): Send<'teams'> {
  return async ({ receiver, message, secrets }) => {
    const url = (await secrets.read(message.namespace, receiver.url)).trim();
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      const { name, key } = receiver.url;
      throw new SluiceError(
        'NOTIFICATION_FAILED',
        `key ${key} of Secret ${name} must be the URL of a workflow`,
        {
          retry: 'backoff',
        },
      );
    }
    await tell(
      post,
      'the workflow of Teams',
      url,
      JSON.stringify(teamsCard(message)),
      { 'content-type': 'application/json' },
      limits,
    );
    return {};
  };
}
