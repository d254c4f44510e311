import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Decision } from '../admission/ask.ts';
import { type Listening, listen } from '../listen.ts';
import type { Log } from '../reconcile/ports.ts';
import { bodyOf } from '../request-body.ts';
import { reviewed } from './review.ts';
import type { Serving } from './rotation.ts';

/** The webhook, served. Without a certificate no connection succeeds. */
export interface Server extends Listening {
  /** Takes this certificate for every connection from now on. */
  use(serving: Serving): void;
}

/** An object and what it was before, 1.5 MiB each in etcd, with room for what JSON needs more. */
const MOST_BYTES = 8 * 2 ** 20;

type Decisions = Readonly<Record<string, Decision>>;

async function replyTo(
  request: IncomingMessage,
  decisions: Decisions,
): Promise<{ readonly code: number; readonly body: string }> {
  const name = /^\/admit\/([a-z-]{1,64})(?:\?.*)?$/.exec(request.url ?? '')?.[1] ?? '';
  const decide = Object.hasOwn(decisions, name) ? decisions[name] : undefined;
  if (decide === undefined) return { code: 404, body: 'nothing is here\n' };
  if (request.method !== 'POST') return { code: 405, body: 'only POST\n' };
  const body = await bodyOf(request, MOST_BYTES);
  if (body === null) return { code: 413, body: 'the body is too long\n' };
  const reply = reviewed(body, decide);
  return reply === null
    ? { code: 400, body: 'not an AdmissionReview of admission.k8s.io/v1 with an object\n' }
    : { code: 200, body: reply };
}

/**
 * Serves `/admit/NAME` over TLS, for each decision by its name. It answers whoever asks: an answer is a function of
 * the question alone and changes nothing. Rejects where the address cannot be had.
 */
export async function serveWebhook(
  at: { readonly host: string; readonly port: number },
  decisions: Decisions,
  log: Log,
): Promise<Server> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { code, body } = await replyTo(request, decisions).catch((err: unknown) => {
      log.warn({ err }, 'an admission request failed');
      return { code: 500, body: 'failed\n' };
    });
    response.writeHead(code, { 'content-type': code === 200 ? 'application/json' : 'text/plain' });
    response.end(body);
  };
  const limits = { requestTimeout: 10_000, headersTimeout: 5_000 };
  const server = createServer({ ...limits, minVersion: 'TLSv1.2' }, (...both) => void handle(...both));
  const listening = await listen(server, at);
  return {
    ...listening,
    use: ({ cert, key }) => server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
  };
}
