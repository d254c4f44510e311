import type { ChatPostMessageArguments, ChatPostMessageResponse, WebClient } from '@slack/web-api';
import { SluiceError } from '../../errors.ts';
import { proxiedFetch } from '../../http/outgoing/agents.ts';
import type { Secrets } from '../../ports/cluster.ts';
import type { Notification, Receipt, Target } from '../../ports/notifier.ts';
import type { Send } from './send.ts';
import { replyText, stateBlocks } from './slack-blocks.ts';

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

/** Permanent errors of Slack, and what to do about them. */
const FINAL: Readonly<Record<string, string>> = {
  channel_not_found: 'there is no such channel, or the app is not a member of it: /invite it',
  not_in_channel: 'the app is not a member of the channel: /invite it',
  is_archived: 'the channel is archived',
  missing_scope: 'the app lacks a scope: it needs chat:write',
  invalid_blocks: 'Slack refused the message',
  msg_too_long: 'Slack refused the message as too long',
};

function failed(message: string, retry: SluiceError['retry'] = 'backoff'): SluiceError {
  return new SluiceError(retry === 'terminal' ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED', message, {
    retry,
  });
}

/** The meaning of an error of Slack's client. Its properties contain the request, so none of them is kept. */
async function faultOf(error: unknown): Promise<SluiceError> {
  const { WebAPIPlatformError, WebAPIRateLimitedError, WebAPIHTTPError } = await import('@slack/web-api');
  if (error instanceof SluiceError) return error;
  if (error instanceof WebAPIRateLimitedError)
    return failed(`Slack asks to wait ${error.retryAfter} s`, { afterMs: error.retryAfter * 1_000 });
  if (error instanceof WebAPIPlatformError) {
    const code = /^[a-z_]{1,64}$/.test(error.data.error) ? error.data.error : 'something else than its API';
    const help = FINAL[code];
    return failed(
      `Slack answered ${code}${help === undefined ? '' : `: ${help}`}`,
      help === undefined ? 'backoff' : 'terminal',
    );
  }
  if (error instanceof WebAPIHTTPError) return failed(`Slack answered ${error.statusCode}`);
  return failed('Slack cannot be reached');
}

/** Channel and timestamp of a release's thread. */
interface Thread {
  readonly channel: string;
  readonly ts: string;
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
export function createSlack(options: SlackOptions): Send<'slack'> {
  return async ({ receiver, target, message, thread, secrets }): Promise<Receipt> => {
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
        return { ref: `${known.channel}:${known.ts}` };
      }
      const { channel, ts } = await begin(client, receiver.channel, message, target.asks);
      return { ref: `${channel}:${ts}` };
    } catch (error) {
      throw await faultOf(error);
    }
  };
}
