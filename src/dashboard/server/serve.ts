import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { boundConnections } from '../../http/connections.ts';
import { type Listening, listen } from '../../http/listen.ts';
import { createApp } from './app.ts';
import type { Parts } from './parts.ts';

/** Where it listens, and the certificate and key (PEM) if it serves TLS itself. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const LIMITS = {
  requestTimeout: 15_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};
const MOST_CONNECTIONS = { all: 4_096, perAddress: 4_096 } as const;

function serverFor(listener: RequestListener, { tls }: Address): Server {
  return tls === undefined
    ? createServer(LIMITS, listener)
    : createTlsServer({ ...LIMITS, ...tls }, listener);
}

/** Serves the dashboard. Rejects if the address is not available. */
export async function serveDashboard(parts: Parts, address: Address): Promise<Listening> {
  const app = createApp(parts);
  const listener = getRequestListener((request, env) => app.fetch(request, env));
  const server = serverFor((request, response) => void listener(request, response), address);
  boundConnections(server, MOST_CONNECTIONS);
  return listen(server, address);
}
