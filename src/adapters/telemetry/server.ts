import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { boundConnections } from '../../http/connections.ts';
import { type Listening, listen } from '../../http/listen.ts';
import type { Findings, Health } from './health.ts';

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

function answerFindings(findings: Findings): Answer {
  const parts = Object.entries(findings).map(([part, problem]) => `${part}: ${problem}\n`);
  return { code: parts.length === 0 ? 200 : 503, type: 'text/plain', body: parts.join('') || 'ok\n' };
}

/** Requests have no body; by default, Node checks its timeouts only every 30 s. */
const LIMITS = { requestTimeout: 5_000, headersTimeout: 3_000, connectionsCheckingInterval: 1_000 };
const MOST_CONNECTIONS = { all: 256, perAddress: 64 };

async function answer({ method, url }: IncomingMessage, health: Health, registry: Registry): Promise<Answer> {
  const type = 'text/plain';
  if (method !== 'GET' && method !== 'HEAD') return { code: 405, type, body: 'only GET\n' };
  switch (url?.replace(/\?.*/, '') ?? '') {
    case '/healthz':
      return answerFindings(health.liveness());
    case '/readyz':
      return answerFindings(health.readiness());
    case '/metrics':
      return { code: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return { code: 404, type, body: 'try /metrics, /healthz or /readyz\n' };
  }
}

/** Serves `/metrics`, `/healthz` and `/readyz`. Rejects if the address is not available. */
export async function serveTelemetry(
  at: { readonly host: string; readonly port: number },
  health: Health,
  registry: Registry,
): Promise<Listening> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { code, type, body } = await answer(request, health, registry).catch((error: unknown) => ({
      code: 500,
      type: 'text/plain',
      body: `${String(error)}\n`,
    }));
    response.writeHead(code, { 'content-type': type });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const server = createServer(LIMITS, (request, response) => void handle(request, response));
  boundConnections(server, MOST_CONNECTIONS);
  return listen(server, at);
}
