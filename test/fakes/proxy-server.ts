import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A proxy on this machine, which alone resolves names. */
export interface ProxyServer {
  readonly url: string;
  /** Each request: `CONNECT host:port`, or method and URL. */
  readonly asked: string[];
  /** What `proxy-authorization` said. */
  readonly credentials: (string | undefined)[];
  /** Status that every request gets, in place of being passed on. */
  refusal: number | null;
  close(): Promise<void>;
}

/** Starts it; all requests are passed on to the port from `portOf`. */
export async function startProxyServer(portOf: (host: string) => number): Promise<ProxyServer> {
  const server = createServer((asked, answer) => {
    proxy.asked.push(`${asked.method} ${asked.url}`);
    proxy.credentials.push(asked.headers['proxy-authorization']);
    if (proxy.refusal !== null) {
      answer.writeHead(proxy.refusal).end();
      return;
    }
    const { hostname, pathname, search } = new URL(asked.url ?? '');
    const { method, headers } = asked;
    const to = { host: '127.0.0.1', port: portOf(hostname), path: `${pathname}${search}`, method, headers };
    const onward = request(to, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    asked.pipe(onward);
  });
  server.on('connect', (asked, socket) => {
    proxy.asked.push(`CONNECT ${asked.url}`);
    proxy.credentials.push(asked.headers['proxy-authorization']);
    if (proxy.refusal !== null) {
      socket.end(`HTTP/1.1 ${proxy.refusal} no\r\n\r\n`);
      return;
    }
    const target = connect(portOf((asked.url ?? '').split(':')[0] ?? ''), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    for (const one of [socket, target]) one.on('error', () => one.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: ProxyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    credentials: [],
    refusal: null,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;
}
