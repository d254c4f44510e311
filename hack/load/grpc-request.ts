import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { LoadPlan } from './options.ts';
import type { LoadRecord } from './record.ts';
import type { Transport } from './transport.ts';

/** An empty message, as gRPC frames it: not compressed, no bytes. */
const EMPTY = Buffer.alloc(5);
const OK = '0';
const UNAVAILABLE = '14';

/** The HTTP status that stands for one of gRPC. */
const statusFor = (grpcStatus: string): number =>
  grpcStatus === OK ? 200 : grpcStatus === UNAVAILABLE ? 503 : 500;

type Answer = Pick<LoadRecord, 'status' | 'error' | 'version' | 'pod'>;
type Headers = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}

/** Calls a method without content over one connection, and over a new one when that ends. A gRPC client does not retry. */
export function createGrpcTransport(plan: LoadPlan): Transport {
  const { origin, pathname } = new URL(plan.url);
  let session: ClientHttp2Session | null = null;
  const current = (): ClientHttp2Session => {
    if (session !== null && !session.closed && !session.destroyed) return session;
    const opened = connect(origin);
    opened.on('error', () => opened.destroy());
    // It takes no further calls; those under way are answered.
    opened.once('goaway', () => opened.close());
    session = opened;
    return opened;
  };
  const call = (): Promise<Answer> =>
    new Promise((resolve) => {
      const stream = current().request({
        ...plan.headers,
        ':method': 'POST',
        ':path': pathname,
        ':authority': plan.host,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let headers: Headers = {};
      let grpcStatus: string | null = null;
      const fail = (error: string): void => resolve({ status: 0, error, version: '', pod: '' });
      stream.on('response', (some) => {
        headers = some;
        grpcStatus = text(some['grpc-status']) || grpcStatus;
      });
      stream.on('trailers', (some) => (grpcStatus = text(some['grpc-status']) || grpcStatus));
      stream.on('error', (error: Error) => fail(codeOf(error)));
      stream.on('close', () => {
        const http = Number(headers[':status'] ?? 0);
        if (http === 0 || (http === 200 && grpcStatus === null)) return fail('NO_STATUS');
        const status = http === 200 ? statusFor(grpcStatus ?? OK) : http;
        const [version, pod] = [text(headers['x-version']), text(headers['x-pod'])];
        resolve({ status, error: null, version, pod });
      });
      stream.setTimeout(plan.timeoutMs, () => stream.close(constants.NGHTTP2_CANCEL));
      stream.resume();
      stream.end(EMPTY);
    });
  return {
    send: async (at, lateMs) => {
      const began = performance.now();
      const answer = await call().catch((error: Error) => ({
        status: 0,
        error: codeOf(error),
        version: '',
        pod: '',
      }));
      return { at, lateMs, latencyMs: performance.now() - began, ...answer };
    },
    close: async () => {
      const open = session;
      if (open !== null && !open.destroyed) await new Promise<void>((resolve) => open.close(resolve));
    },
  };
}
