import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** An SMTP server on this machine, without encryption. */
export interface SmtpServer {
  readonly port: number;
  /** Messages as they came, head and body. */
  readonly messages: string[];
  /** Answer to the end of a message in place of 250. */
  refusal: string | null;
  close(): Promise<void>;
}

/** Starts it on a free port of the loopback. */
export async function startSmtpServer(): Promise<SmtpServer> {
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    let data: string[] | null = null;
    const command = (line: string): string => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'DATA') {
        data = [];
        return '354 end with .';
      }
      return verb === 'QUIT' ? '221 bye' : '250 smtp.test';
    };
    const take = (line: string): string | null => {
      if (data === null) return command(line);
      if (line !== '.') {
        data.push(line);
        return null;
      }
      if (server.refusal === null) messages.push(data.join('\n'));
      data = null;
      return server.refusal ?? '250 taken';
    };
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const answer = take(line);
        if (answer !== null) socket.write(`${answer}\r\n`);
      }
    });
    socket.on('error', () => socket.destroy());
    sockets.add(socket);
    socket.write('220 smtp.test\r\n');
  };
  const listener = createServer(serve);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server: SmtpServer = {
    port: (listener.address() as AddressInfo).port,
    messages,
    refusal: null,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(listener, 'close');
      listener.close();
      await closed;
    },
  };
  return server;
}
