import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpReceiver, startHttpReceiver } from '../../../test/fakes/http-server.ts';
import { type SlackServer, startSlackServer } from '../../../test/fakes/slack-server.ts';
import { type SmtpServer, startSmtpServer } from '../../../test/fakes/smtp-server.ts';
import { notification } from '../../../test/fixtures/notification.ts';
import { createTargets } from '../../http/outgoing/targets.ts';
import type { Target } from '../../ports/notifier.ts';
import { createDraw, type Draw } from './draw.ts';
import { createNotifier } from './notifier.ts';

const PNG = '89504e470d0a1a0a';
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><rect width="100%" height="100%" fill="#fff"/><text x="4" y="20" font-size="16">12 %</text></svg>';
const picture = { svg: SVG, words: 'errors: canary 2 %, allowed 1 %' };

let web: HttpReceiver;
let slack: SlackServer;
let smtp: SmtpServer;
const warned: string[] = [];
const draw = createDraw();

beforeAll(async () => {
  [web, slack, smtp] = await Promise.all([startHttpReceiver(), startSlackServer(), startSmtpServer()]);
});
afterAll(() => Promise.all([web.close(), slack.close(), smtp.close()]));
beforeEach(() => {
  for (const list of [web.received, slack.messages, slack.files, slack.calls, smtp.messages, warned])
    list.length = 0;
  slack.fault = () => undefined;
});

const notifierWith = (drawing: Draw | undefined) =>
  createNotifier({
    slack: { apiUrl: slack.apiUrl, botToken: async () => 'xoxb-1', timeoutMs: 1_500 },
    secrets: { read: async () => `${web.url}/flow` },
    targets: createTargets(['127.0.0.0/8']),
    clock: { now: () => 0 },
    log: { warn: (fields, message) => warned.push(`${message}: ${JSON.stringify(fields)}`) },
    ...(drawing === undefined ? {} : { draw: drawing }),
  });

const failing: Draw = async () => {
  throw new Error('out of ink');
};

const key = { name: 's', key: 'k' };
const base = { severity: 'info', asks: false, to: 'x' } as const;
const TO: Readonly<Record<'slack' | 'teams' | 'email' | 'webhook', () => Target>> = {
  slack: () => ({ ...base, slack: { channel: '#ml' } }),
  teams: () => ({ ...base, teams: { url: key } }),
  webhook: () => ({ ...base, webhook: { url: `${web.url}/hook`, secret: key } }),
  email: () => ({
    ...base,
    email: {
      to: ['ml@example.com'],
      from: 's@example.com',
      host: '127.0.0.1',
      port: smtp.port,
      tls: 'none',
    },
  }),
};
const send = (way: keyof typeof TO, drawing: Draw | undefined = draw, over: object = { picture }) =>
  notifierWith(drawing).send(TO[way](), notification(over), { again: false });

/** Everything that has arrived, of all receivers. */
const arrived = (): string =>
  [
    ...web.received.map(({ body }) => body),
    ...smtp.messages,
    ...slack.messages.map(({ text, blocks }) => text + JSON.stringify(blocks)),
  ].join('');

/** Width and height of a PNG. */
const sizeOf = (png: Buffer): readonly number[] => [png.readUInt32BE(16), png.readUInt32BE(20)];

describe('a picture', () => {
  it('is drawn with its text, at the size asked for', async () => {
    const [whole, without] = await Promise.all([draw(SVG, 2), draw(SVG.replace('12 %', ''), 2)]);
    const png = Buffer.from(whole);
    expect(png.subarray(0, 8).toString('hex')).toBe(PNG);
    expect(sizeOf(png)).toEqual([400, 80]);
    expect(whole.length).toBeGreaterThan(without.length);
  });

  it('stands in the thread of its release in Slack, described for who does not see it', async () => {
    await send('slack');
    const [file] = slack.files;
    expect(file?.bytes.subarray(0, 8).toString('hex')).toBe(PNG);
    expect(file).toMatchObject({
      channel: 'CML',
      thread: slack.messages[0]?.ts,
      said: { filename: 'metrics.png', alt_txt: picture.words },
    });
    expect(warned).toEqual([]);
  });

  it.each<[string, string, { readonly status: number; readonly body?: string }, RegExp]>([
    [
      'the app may not upload',
      'files.getUploadURLExternal',
      { status: 200, body: '{"ok":false,"error":"missing_scope"}' },
      /the scope files:write/,
    ],
    ['Slack does not share it', 'files.completeUploadExternal', { status: 500 }, /Slack answered 500/],
    [
      'Slack gives no address',
      'files.getUploadURLExternal',
      { status: 200, body: '{"ok":true}' },
      /picture not sent/,
    ],
  ])('is left out where %s, and the log says why', async (_what, method, fault, why) => {
    slack.fault = (called) => (called === method ? fault : undefined);
    await send('slack');
    expect(slack.messages).toHaveLength(1);
    expect(slack.files).toEqual([]);
    expect(warned).toEqual([expect.stringMatching(why)]);
  });

  it('is not tried with each message where the app lacks the scope', async () => {
    slack.fault = (method) =>
      method === 'files.getUploadURLExternal'
        ? { status: 200, body: '{"ok":false,"error":"missing_scope"}' }
        : undefined;
    const notifier = notifierWith(draw);
    for (let turn = 0; turn < 3; turn += 1)
      await notifier.send(TO.slack(), notification({ picture }), { again: false });
    expect(slack.calls.filter(({ method }) => method.startsWith('files'))).toHaveLength(1);
    expect(warned).toHaveLength(1);
  });

  it('stands in the card of Teams, within what a workflow takes', async () => {
    await send('teams');
    const { body } = web.received[0] ?? { body: '{}' };
    const image = JSON.parse(body).attachments[0].content.body.find(
      ({ type }: { type: string }) => type === 'Image',
    );
    expect(image.altText).toBe(picture.words);
    const png = Buffer.from(String(image.url).replace('data:image/png;base64,', ''), 'base64');
    expect(sizeOf(png)).toEqual([200, 40]);
  });

  it('is left out of a card that would be too large', async () => {
    await send('teams', async () => new Uint8Array(20_000));
    expect(web.received[0]?.body).not.toContain('data:image/png');
    expect(web.received[0]?.body.length).toBeLessThan(24_000);
  });

  it('is attached to a mail, whose text describes it', async () => {
    await send('email');
    const mail = (smtp.messages[0] ?? '').replaceAll('=\n', '');
    expect(mail).toContain('Content-Disposition: inline; filename=metrics.png');
    expect(mail).toContain(`In the picture: ${picture.words}`);
    expect(mail).toContain(Buffer.from(PNG, 'hex').toString('base64').slice(0, 10));
  });

  it('is no part of a CloudEvent, which has the numbers', async () => {
    await send('webhook');
    expect(arrived()).not.toContain('svg');
    expect(JSON.parse(web.received[0]?.body ?? '{}').data).not.toHaveProperty('picture');
  });

  it.each(['slack', 'teams', 'email'] as const)(
    'is left out of %s where it cannot be drawn, is too large, is turned off, or is not wanted',
    async (way) => {
      await send(way, failing);
      await send(way, async () => new Uint8Array(600_000));
      await notifierWith(undefined).send(TO[way](), notification({ picture }), { again: false });
      await send(way, draw, { picture: null });
      const count = slack.messages.length + web.received.length + smtp.messages.length;
      expect(count).toBe(4);
      expect(slack.files).toEqual([]);
      expect(arrived()).not.toMatch(/image\/png|In the picture/);
      expect(warned).toEqual([expect.stringContaining('out of ink')]);
    },
  );
});
