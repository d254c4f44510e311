import type { Server } from 'node:net';

/** Connections that a server takes at a time: of all, and from one address. */
export interface MostConnections {
  readonly all: number;
  readonly perAddress: number;
}

/** Closes excess connections at once, so that one client cannot take all of them. */
export function boundConnections(server: Server, { all, perAddress }: MostConnections): void {
  const open = new Map<string, number>();
  server.maxConnections = all;
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > perAddress) socket.destroy();
  });
}
