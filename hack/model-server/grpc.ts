import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** The method that a model server has. */
export const GRPC_METHOD = '/sluice.Model/Predict';

/** An empty message, as gRPC frames it. */
const EMPTY = Buffer.alloc(5);
const [OK, UNIMPLEMENTED, INTERNAL, UNAVAILABLE] = ['0', '12', '13', '14'] as const;

interface GrpcOptions {
  readonly port: number;
  readonly ip: string;
  readonly version: string;
  readonly pod: string;
}

/** A gRPC server without TLS. */
export interface GrpcServer {
  readonly port: number;
  /** Tells clients to call elsewhere, answers what is under way, and resolves when all connections are closed. */
  close(): Promise<void>;
}

const statusOf = (status: number): string => (status === 200 ? OK : status === 503 ? UNAVAILABLE : INTERNAL);

/** Serves one method without content; `answer` says with which HTTP status it would have been answered. */
export async function startGrpc(options: GrpcOptions, answer: () => Promise<number>): Promise<GrpcServer> {
  const { port, ip, version, pod } = options;
  const sessions = new Set<Http2Session>();
  const head = { ':status': 200, 'content-type': 'application/grpc', 'x-version': version, 'x-pod': pod };
  const respond = (stream: ServerHttp2Stream, status: string): void => {
    if (stream.destroyed) return;
    if (status !== OK) return stream.respond({ ...head, 'grpc-status': status }, { endStream: true });
    stream.respond(head, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(EMPTY);
  };
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    stream.resume();
    if (headers[':path'] !== GRPC_METHOD) return respond(stream, UNIMPLEMENTED);
    answer().then(
      (status) => respond(stream, statusOf(status)),
      () => respond(stream, INTERNAL),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, ip, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      await closed;
    },
  };
}
