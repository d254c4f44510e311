import type { App, Receiver } from '@slack/bolt';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { Asked, Reply } from './server.ts';
import { createSlackApp, type SlackAppOptions } from './slack-app.ts';

/** Maximum clock difference of a request, in either direction, as Slack advises. */
const WINDOW_MS = 5 * 60_000;
/** How long Slack waits for an answer, minus a reserve. */
const ACK_MS = 2_500;
/** How long the same refusal is not logged again: anyone who reaches the address could fill the log. */
const QUIET_MS = 60_000;

/** Requests of the last minutes by their signature, to detect replays. */
function createReplayGuard(clock: Pick<Clock, 'now'>): (signature: string) => boolean {
  const seen = new Map<string, number>();
  return (signature) => {
    const now = clock.now();
    for (const [old, until] of seen) {
      if (until > now) break;
      seen.delete(old);
    }
    if (seen.has(signature)) return true;
    seen.set(signature, now + 2 * WINDOW_MS);
    return false;
  };
}

export interface SlackHttpOptions extends Omit<SlackAppOptions, 'receiver'> {
  /** Read for each request, so that a changed secret is used at once. */
  readonly signingSecret: () => Promise<string>;
  readonly clock: Pick<Clock, 'now'>;
}

const refuse = (status: number, why: string): Reply => ({ status, type: 'text/plain', body: `${why}\n` });

async function verify(options: SlackHttpOptions, { headers, body }: Asked): Promise<string | null> {
  const { isValidSlackRequest } = await import('@slack/bolt');
  const [timestamp, signature] = [headers['x-slack-request-timestamp'], headers['x-slack-signature']];
  if (typeof timestamp !== 'string' || !/^[0-9]{1,12}$/.test(timestamp) || typeof signature !== 'string')
    return 'the headers of a request of Slack are missing';
  const now = options.clock.now();
  if (Math.abs(now - Number(timestamp) * 1_000) > WINDOW_MS)
    return 'the time of the request is more than 5 minutes off';
  const isValid = isValidSlackRequest({
    signingSecret: (await options.signingSecret()).trim(),
    body,
    headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': Number(timestamp) },
    nowMilliseconds: now,
  });
  return isValid ? null : 'the signature is not that of Slack';
}

function payloadOf(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(new URLSearchParams(body).get('payload') ?? '');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Passes an interaction to the app; resolves as soon as the app has acknowledged it, while it continues to work. */
async function dispatch(app: App, body: Record<string, unknown>, log: Log): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const late = setTimeout(() => resolve(refuse(503, 'too late')), ACK_MS);
  const done = (reply: Reply): void => {
    clearTimeout(late);
    resolve(reply);
  };
  app.processEvent({ body, ack: async () => done({ status: 200, type: 'text/plain', body: '' }) }).then(
    () => done(refuse(200, '')),
    (err: unknown) => {
      log.warn({ err }, 'a button in Slack could not be acted on');
      done(refuse(500, 'it failed'));
    },
  );
  return promise;
}

/** Accepts Slack's interactions by HTTP: only with Slack's signature, at most minutes old, and each once. */
export function createSlackHttp(options: SlackHttpOptions): (asked: Asked) => Promise<Reply> {
  const isReplay = createReplayGuard(options.clock);
  const told = new Map<string, number>();
  let started: Promise<App> | null = null;
  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const { log } = options;
  return async (asked) => {
    const problem = await verify(options, asked);
    if (problem !== null) {
      const isNew = (told.get(problem) ?? 0) <= options.clock.now();
      log[isNew ? 'warn' : 'debug']({ problem }, 'a request to Slack’s address was refused');
      if (isNew) told.set(problem, options.clock.now() + QUIET_MS);
      return refuse(401, problem);
    }
    if (isReplay(String(asked.headers['x-slack-signature']))) {
      log.warn({}, 'a request of Slack came twice and was refused');
      return refuse(409, 'this request has been had');
    }
    const payload = payloadOf(asked.body);
    if (payload === null) return refuse(400, 'the body has no payload');
    started ??= createSlackApp({ ...options, receiver }).catch((error: unknown): never => {
      // The next pressed button tries again.
      started = null;
      throw error;
    });
    return dispatch(await started, payload, log);
  };
}
