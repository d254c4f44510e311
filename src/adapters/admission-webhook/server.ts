import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Decision } from '../../admission/request.ts';
import { boundConnections } from '../../http/connections.ts';
import { createFairLimit, type FairLimit } from '../../http/fair-limit.ts';
import { type Listening, listen } from '../../http/listen.ts';
import { bodyOf } from '../../http/request-body.ts';
import type { Log } from '../../ports/telemetry.ts';
import { reviewed } from './review.ts';
import type { Serving } from './rotation.ts';

/** The webhook's server. Without a certificate no connection succeeds. */
export interface Server extends Listening {
  /** Uses this certificate for every new connection. */
  use(serving: Serving): void;
}

const MIB = 2 ** 20;
/** The new and the old object, 1.5 MiB each in etcd, with room for JSON. */
const MOST_BYTES = 8 * MIB;
/** Maximum bytes of requests held at a time: in total, and from one address. Further requests wait. */
const SHARES = { most: 24 * MIB, perNamespace: 16 * MIB, perOwner: 16 * MIB };
const MOST_CONNECTIONS = { all: 512, perAddress: 128 };
/** The API server waits for 5 s at most. By default, Node checks its timeouts only every 30 s. */
const LIMITS = {
  requestTimeout: 5_000,
  headersTimeout: 3_000,
  handshakeTimeout: 3_000,
  connectionsCheckingInterval: 1_000,
};

type Decisions = Readonly<Record<string, Decision>>;

interface Reply {
  readonly code: number;
  readonly body: string;
}

const TOO_LONG: Reply = { code: 413, body: 'the body is too long\n' };

/** Reads a review of at most a number of bytes, and answers it. */
async function answerTo(request: IncomingMessage, mostBytes: number, decide: Decision): Promise<Reply> {
  const body = await bodyOf(request, mostBytes);
  if (body === null) return TOO_LONG;
  const reply = reviewed(body, decide);
  return reply === null
    ? { code: 400, body: 'not an AdmissionReview of admission.k8s.io/v1 with an object\n' }
    : { code: 200, body: reply };
}

async function replyTo(
  request: IncomingMessage,
  decisions: Decisions,
  inTurn: FairLimit,
  gone: AbortSignal,
): Promise<Reply> {
  const name = /^\/admit\/([a-z-]{1,64})(?:\?.*)?$/.exec(request.url ?? '')?.[1] ?? '';
  const decide = Object.hasOwn(decisions, name) ? decisions[name] : undefined;
  if (decide === undefined) return { code: 404, body: 'nothing is here\n' };
  if (request.method !== 'POST') return { code: 405, body: 'only POST\n' };
  // The body is read only when there is room for it.
  const bytes = Number(request.headers['content-length'] ?? MOST_BYTES);
  if (bytes > MOST_BYTES) return TOO_LONG;
  const owner = { namespace: request.socket.remoteAddress ?? '', name: '' };
  return inTurn(owner, () => answerTo(request, bytes, decide), gone, bytes).catch((error: unknown): Reply => {
    if (gone.aborted) return { code: 503, body: 'nobody waits\n' };
    throw error;
  });
}

/**
 * Serves `/admit/NAME` over TLS, for each decision by its name. It answers every caller: an answer depends only on the
 * request and changes nothing. Connections, time and bytes are bounded, in total and per address, so that no caller can
 * starve the API server. Rejects if the address is not available.
 */
export async function serveWebhook(
  at: { readonly host: string; readonly port: number },
  decisions: Decisions,
  log: Log,
  limits: typeof LIMITS = LIMITS,
): Promise<Server> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { code, body } = await replyTo(request, decisions, inTurn, gone.signal).catch((err: unknown) => {
      log.warn({ err }, 'an admission request failed');
      return { code: 500, body: 'failed\n' };
    });
    const type = code === 200 ? 'application/json' : 'text/plain';
    // The rest of the body must not be parsed as another request.
    response.writeHead(code, { 'content-type': type, ...(!request.complete && { connection: 'close' }) });
    response.end(body);
  };
  const inTurn = createFairLimit(SHARES);
  const server = createServer({ ...limits, minVersion: 'TLSv1.2' }, (...both) => void handle(...both));
  boundConnections(server, MOST_CONNECTIONS);
  const listening = await listen(server, at);
  return {
    ...listening,
    use: ({ cert, key }) => server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
  };
}
