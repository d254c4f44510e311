import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Listening, listen } from '../../http/listen.ts';
import { bodyOf } from '../../http/request-body.ts';
import type { Log } from '../../ports/telemetry.ts';

/** One request. */
export interface Asked {
  readonly method: string;
  readonly type: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The endpoints: Slack's interactions, and links. */
export interface Routes {
  readonly slack?: (asked: Asked) => Promise<Reply>;
  readonly decide: (asked: Asked, token: string) => Promise<Reply>;
}

const [MOST_BYTES, MOST_CONNECTIONS] = [256 * 1024, 256];
/** By default, Node checks its timeouts only every 30 s. */
const LIMITS = { requestTimeout: 10_000, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 };
const plain = (status: number, body: string): Reply => ({ status, type: 'text/plain', body: `${body}\n` });

async function replyTo(request: IncomingMessage, routes: Routes): Promise<Reply> {
  const { method = '', url = '', headers } = request;
  const path = url.replace(/\?.*/s, '');
  const token = /^\/decide\/([-_.A-Za-z0-9]{1,2048})$/.exec(path)?.[1];
  const isSlack = path === '/slack/interactions' && routes.slack !== undefined;
  if (token === undefined && !isSlack) return plain(404, 'nothing is here');
  if (method !== 'POST' && (isSlack || method !== 'GET')) return plain(405, 'not with this method');
  const body = await bodyOf(request, MOST_BYTES);
  if (body === null) return plain(413, 'the body is too long');
  const asked: Asked = { method, type: headers['content-type'] ?? '', headers, body };
  if (token !== undefined) return routes.decide(asked, token);
  return routes.slack === undefined ? plain(404, 'nothing is here') : routes.slack(asked);
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
};

/** Serves the endpoints for decisions from outside of Kubernetes. Rejects if the address is not available. */
export async function serveApprovals(
  at: { readonly host: string; readonly port: number },
  routes: Routes,
  log: Log,
): Promise<Listening> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await replyTo(request, routes).catch((err: unknown): Reply => {
      log.warn({ err }, 'a request for a decision failed');
      return plain(503, 'this could not be done now; try again');
    });
    response.writeHead(reply.status, { ...HEADERS, 'content-type': reply.type });
    response.end(reply.body);
  };
  const server = createServer(LIMITS, (request, response) => {
    void handle(request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return listen(server, at);
}
