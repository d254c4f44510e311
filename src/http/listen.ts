import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that takes requests. */
export interface Listening {
  readonly port: number;
  /** Accepts no more requests, closes open connections, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Starts listening; port 0 is any free port. Rejects if the address is not available. */
export async function listen(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<Listening> {
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
