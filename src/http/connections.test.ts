import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundConnections } from './connections.ts';

let server: Server;
beforeEach(async () => {
  server = createServer((_, response) => response.end());
  boundConnections(server, { all: 10, perAddress: 2 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function connectFrom(localAddress: string): Socket {
  const { port } = server.address() as AddressInfo;
  return connect({ port, host: '127.0.0.1', localAddress });
}

/** Whether a connection is answered. */
async function isAnswered(socket: Socket): Promise<boolean> {
  const answer = once(socket, 'data').then(
    () => true,
    () => false,
  );
  const end = new Promise<boolean>((resolve) => socket.once('close', () => resolve(false)));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return Promise.race([answer, end]);
}

it('closes what one address has too many connections of, until some of them end', async () => {
  const [one, two, three] = [connectFrom('127.0.0.2'), connectFrom('127.0.0.2'), connectFrom('127.0.0.2')];
  const answers = await Promise.all([one, two, three].map(isAnswered));
  expect(answers.filter((isGiven) => isGiven)).toHaveLength(2);
  expect(await isAnswered(connectFrom('127.0.0.3'))).toBe(true);
  for (const socket of [one, two, three]) socket.destroy();
  while (true) if (await isAnswered(connectFrom('127.0.0.2'))) break;
});
