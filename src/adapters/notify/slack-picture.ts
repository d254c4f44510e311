import type { FilesGetUploadURLExternalResponse, WebClient } from '@slack/web-api';
import { SluiceError } from '../../errors.ts';
import { proxiedFetch } from '../../http/outgoing/agents.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { Drawn, Sending } from './send.ts';
import { faultOf } from './slack-fault.ts';

/** Where the picture goes: below the message of a thread. */
export interface Thread {
  readonly channel: string;
  readonly ts: string;
}

/** Puts the bytes where Slack has said. The address is its secret for this upload, so no token goes with it. */
async function put(
  url: string | undefined,
  isSecure: boolean,
  { png }: Drawn,
  timeoutMs: number,
): Promise<void> {
  if (url === undefined || !URL.canParse(url) || (isSecure && !url.startsWith('https://')))
    throw new Error('Slack gave no address to upload to');
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await proxiedFetch(url, { method: 'POST', body: png, redirect: 'error', signal });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the upload was answered ${answer.status}`);
}

/** Uploads a picture into a thread; needs the scope files:write. */
async function uploadPicture(
  client: WebClient,
  { channel, ts }: Thread,
  picture: Drawn,
  timeoutMs: number,
): Promise<void> {
  // Not by the client's own method, which gives the description under a name that the API does not know.
  const { upload_url: url, file_id: id = '' } = (await client.apiCall('files.getUploadURLExternal', {
    filename: 'metrics.png',
    length: picture.png.length,
    alt_txt: picture.words,
  })) as FilesGetUploadURLExternalResponse;
  await put(url, client.slackApiUrl.startsWith('https://'), picture, timeoutMs);
  await client.files.completeUploadExternal({
    files: [{ id, title: 'Metrics' }],
    channel_id: channel,
    thread_ts: ts,
  });
}

/** For how long a channel gets no pictures after one failed, milliseconds: until somebody may have added the scope … */
const WITHOUT_SCOPE_MS = 3_600_000;
/** … and otherwise, so that no more than one upload is waited for while a process holds the messages of a Release. */
const AFTER_FAULT_MS = 60_000;
/** Longest wait for an upload. */
const UPLOAD_MS = 5_000;
/** Channels that are remembered for that. */
const MOST_CHANNELS = 1_000;
/** Two pixels for each of the picture, for dense screens. */
const SCALE = 2;

/** Puts the picture of a message into its thread. */
type Illustrate = (client: WebClient, thread: Thread, sending: Sending<'slack'>) => Promise<void>;

/** Rejects if it takes longer than an upload may. */
async function withinTime(upload: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const slow = new SluiceError('NOTIFICATION_FAILED', 'Slack is too slow', { retry: 'backoff' });
  const timer = setTimeout(() => reject(slow), UPLOAD_MS);
  await Promise.race([upload, promise]).finally(() => clearTimeout(timer));
}

/** Puts pictures into threads. The message is there by then, so nothing fails here: the log says what went wrong. */
export function createIllustrate(timeoutMs: number, log: Pick<Log, 'warn'>): Illustrate {
  const notBefore = new Map<string, number>();
  return async (client, thread, { draw, clock, receiver, message }) => {
    const to = `${message.namespace}/${receiver.channel}`;
    if (clock.now() < (notBefore.get(to) ?? 0)) return;
    const picture = await draw(SCALE);
    if (picture === null) return;
    notBefore.delete(to);
    try {
      await withinTime(uploadPicture(client, thread, picture, timeoutMs));
    } catch (error) {
      const why = (await faultOf(error)).message;
      const lacksScope = why.includes('missing_scope');
      if (notBefore.size < MOST_CHANNELS)
        notBefore.set(to, clock.now() + (lacksScope ? WITHOUT_SCOPE_MS : AFTER_FAULT_MS));
      const fix = 'the app lacks the scope files:write; add it, or set --pictures=false';
      log.warn({ to, id: message.id, why: lacksScope ? fix : why }, 'picture not sent');
    }
  };
}
