import { connect, createServer, type Socket } from 'node:net';

/** Makes a server on loopback reachable under another address, as the API server needs for its proxies. */
export interface Forward {
  close(): Promise<void>;
}

/** Passes connections to `host:port` on to a port of 127.0.0.1. Resolves when it listens. */
export async function startForward(host: string, port: number, target: number): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('close', () => open.delete(one));
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
