import type { ChatPostMessageArguments, ChatPostMessageResponse, WebClient } from '@slack/web-api';
import { proxiedFetch } from '../../http/outgoing/agents.ts';
import type { Secrets } from '../../ports/cluster.ts';
import type { Notification, Receipt, Target } from '../../ports/notifier.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { Send } from './send.ts';
import { replyText, stateBlocks } from './slack-blocks.ts';
import { faultOf } from './slack-fault.ts';
import { createIllustrate, type Thread } from './slack-picture.ts';

const TIMEOUT_MS = 10_000;
/** Metadata name of the id of each message, with which a possibly delivered message is found. */
const EVENT_TYPE = 'sluice_message';

export interface SlackOptions {
  /** `https://slack.com/api/`, or a replacement. */
  readonly apiUrl: string;
  /** Reads the bot token of the controller's own app. */
  readonly botToken: () => Promise<string>;
  readonly timeoutMs?: number;
}

function threadOf(ref: string | undefined): Thread | null {
  const [channel, ts] = ref?.split(':') ?? [];
  return channel === undefined || ts === undefined ? null : { channel, ts };
}

const metadataOf = ({ id }: Notification) => ({ event_type: EVENT_TYPE, event_payload: { id } });

interface Found {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: { readonly id?: unknown } };
}

/** The unrecorded message of an earlier try, as far as the app may read the channel. */
async function findEarlier(
  client: WebClient,
  thread: Thread,
  { id, at }: Notification,
): Promise<string | null> {
  const oldest = String(Math.floor(Date.parse(at) / 1_000) - 1);
  const query = { channel: thread.channel, oldest, limit: 100, include_all_metadata: true } as const;
  const found = (await (thread.ts === ''
    ? client.conversations.history(query)
    : client.conversations.replies({ ...query, ts: thread.ts })
  ).catch(() => ({ messages: [] }))) as { messages?: readonly Found[] };
  const mine = found.messages?.find(({ metadata }) => metadata?.event_payload?.id === id);
  return mine?.ts ?? null;
}

async function tokenOf(
  options: SlackOptions,
  secrets: Secrets,
  namespace: string,
  target: Target,
): Promise<string> {
  const ref = target.slack?.token;
  return (ref === undefined ? await options.botToken() : await secrets.read(namespace, ref)).trim();
}

async function open({ apiUrl, timeoutMs = TIMEOUT_MS }: SlackOptions, token: string): Promise<WebClient> {
  const { LogLevel, WebClient: Client } = await import('@slack/web-api');
  return new Client(token, {
    slackApiUrl: apiUrl,
    fetch: proxiedFetch,
    timeout: timeoutMs,
    // The queue retries, and remembers tries after a restart.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logLevel: LogLevel.ERROR,
    logger: silent,
  });
}

const nothing = (): void => {};
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => 'error' as never,
};

/** Posts one message. */
function say(client: WebClient, message: ChatPostMessageArguments): Promise<ChatPostMessageResponse> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Slack's method, not that of a window
  return client.chat.postMessage(message);
}

/** The first message is the thread's root, which shows the state of the release. */
async function begin(
  client: WebClient,
  channel: string,
  message: Notification,
  asks: boolean,
): Promise<Thread> {
  const posted = await say(client, {
    channel,
    text: replyText(message),
    blocks: stateBlocks(message, asks) as never,
    metadata: metadataOf(message),
    unfurl_links: false,
  });
  return { channel: posted.channel ?? channel, ts: posted.ts ?? '' };
}

/** Updates the root, then posts the news in the thread; a waiting gate is also posted to the channel. */
async function goOn(client: WebClient, thread: Thread, message: Notification, asks: boolean): Promise<void> {
  await client.chat.update({
    ...thread,
    text: replyText(message),
    blocks: stateBlocks(message, asks) as never,
  });
  await say(client, {
    channel: thread.channel,
    thread_ts: thread.ts,
    text: replyText(message),
    reply_broadcast: message.severity !== 'info',
    metadata: metadataOf(message),
    unfurl_links: false,
  });
}

/**
 * Posts to Slack: one thread for each release, whose root is updated in place. Slack has no idempotency key: if an
 * earlier try may have succeeded, the thread is searched for the message first.
 */
export function createSlack(options: SlackOptions, log: Pick<Log, 'warn'>): Send<'slack'> {
  const illustrate = createIllustrate(options.timeoutMs ?? TIMEOUT_MS, log);
  return async (sending): Promise<Receipt> => {
    const { receiver, target, message, thread, secrets } = sending;
    try {
      const client = await open(options, await tokenOf(options, secrets, message.namespace, target));
      const known = threadOf(thread.ref);
      if (thread.again) {
        const place = known ?? { channel: receiver.channel, ts: '' };
        const earlier = await findEarlier(client, place, message);
        if (earlier !== null)
          return { ref: known === null ? `${place.channel}:${earlier}` : `${known.channel}:${known.ts}` };
      }
      if (known !== null) {
        await goOn(client, known, message, target.asks);
        await illustrate(client, known, sending);
        return { ref: `${known.channel}:${known.ts}` };
      }
      const { channel, ts } = await begin(client, receiver.channel, message, target.asks);
      await illustrate(client, { channel, ts }, sending);
      return { ref: `${channel}:${ts}` };
    } catch (error) {
      throw await faultOf(error);
    }
  };
}
