import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { boundConnections } from '../../http/connections.ts';
import { type Listening, listen } from '../../http/listen.ts';
import { createApp } from './app.ts';
import type { Parts } from './parts.ts';

/** A certificate and its private key (PEM). */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Where it listens, and how its certificate is read if it serves TLS itself: once a minute, since it is rotated. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: () => Promise<TlsPair>;
}

const LIMITS = {
  requestTimeout: 15_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};
const MOST_CONNECTIONS = { all: 4_096, perAddress: 4_096 } as const;

const RENEW_MS = 60_000;

/** Serves with a new certificate as soon as there is one. Nothing is interrupted. */
function renew(server: TlsServer, tls: () => Promise<TlsPair>, first: TlsPair, log: Parts['log']): void {
  let last = first;
  const look = async (): Promise<void> => {
    try {
      const now = await tls();
      if (now.cert !== last.cert || now.key !== last.key) server.setSecureContext(now);
      last = now;
    } catch (err) {
      log.warn({ err }, 'the certificate cannot be read; the one before is served');
    }
  };
  const timer = setInterval(() => void look(), RENEW_MS);
  server.once('close', () => clearInterval(timer));
}

async function serverFor(listener: RequestListener, { tls }: Address, log: Parts['log']): Promise<Server> {
  if (tls === undefined) return createServer(LIMITS, listener);
  const pair = await tls();
  const server = createTlsServer({ ...LIMITS, ...pair }, listener);
  renew(server, tls, pair, log);
  return server;
}

/** Serves the dashboard. Rejects if the address or the certificate is not available. */
export async function serveDashboard(parts: Parts, address: Address): Promise<Listening> {
  const app = createApp(parts);
  const listener = getRequestListener((request, env) => app.fetch(request, env));
  const answer: RequestListener = (request, response) => void listener(request, response);
  const server = await serverFor(answer, address, parts.log);
  boundConnections(server, MOST_CONNECTIONS);
  return listen(server, address);
}
