import { SluiceError } from '../../errors.ts';
import type { HttpLimits, Post } from '../../http/post.ts';
import type { Notification } from '../../ports/notifier.ts';
import { tell } from './http.ts';
import type { Drawn, Send } from './send.ts';
import { factsOf, titleOf } from './text.ts';

/** Largest message with a picture, in bytes: a workflow refuses above 28 KB, and adds to what it gets. */
const MOST_WITH_PICTURE = 24_000;

const COLOURS = { info: 'default', warning: 'warning', critical: 'attention' } as const;

const text = (value: string, more: object = {}): object => ({
  type: 'TextBlock',
  text: value,
  wrap: true,
  ...more,
});

/** A message as an Adaptive Card 1.4, in the envelope of a Teams workflow. */
function teamsCard(message: Notification, picture: Drawn | null): object {
  const images =
    picture === null
      ? []
      : [
          {
            type: 'Image',
            url: `data:image/png;base64,${Buffer.from(picture.png).toString('base64')}`,
            altText: picture.words,
          },
        ];
  const body = [
    text(titleOf(message), { weight: 'bolder', size: 'medium', color: COLOURS[message.severity] }),
    text(message.text),
    {
      type: 'FactSet',
      facts: factsOf(message).map(([title, value]) => ({ title, value: value.replaceAll('\n', '\n\n') })),
    },
    ...images,
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

/** The body of a message, with its picture where there is room for it: a workflow has no place to upload to. */
function bodyOf(message: Notification, picture: Drawn | null): string {
  const whole = JSON.stringify(teamsCard(message, picture));
  return Buffer.byteLength(whole) <= MOST_WITH_PICTURE ? whole : JSON.stringify(teamsCard(message, null));
}

/** Posts Adaptive Cards to a workflow. Teams knows no threads and no idempotency key. */
export function createTeams(post: Post, limits?: HttpLimits): Send<'teams'> {
  return async ({ receiver, message, secrets, draw }) => {
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
      bodyOf(message, await draw(1)),
      { 'content-type': 'application/json' },
      limits,
    );
    return {};
  };
}
