import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { grpcOk } from './grpc-probe.ts';

/** A server that answers with this message, and records what it is asked. */
async function serving(message: readonly number[]) {
  const asked: string[] = [];
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('data', (part: Buffer) => asked.push(`${String(headers[':path'])} ${part.toString('hex')}`));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { asked, port, close: () => server.close() };
}

describe('a gRPC probe', () => {
  it.each([
    ['serving', [8, 1], true],
    ['not serving', [8, 2], false],
    ['unknown, which is the default', [], false],
  ])('of a server that says it is %s', async (_name, message, isOk) => {
    const server = await serving(message);
    expect(await grpcOk('127.0.0.1', server.port, 'readiness', 1_000)).toBe(isOk);
    server.close();
    const name = Buffer.from('readiness').toString('hex');
    expect(server.asked).toEqual([`/grpc.health.v1.Health/Check 000000000b0a09${name}`]);
  });

  it('of nobody', async () => {
    expect(await grpcOk('127.0.0.1', 1, '', 1_000)).toBe(false);
  });
});
