import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that takes requests. */
export interface Listening {
  readonly port: number;
  /** Takes no more, cuts what is open, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Lets the server take requests; port 0 is any that is free. Rejects where the address cannot be had. */
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
