import { afterEach, describe, expect, it } from 'vitest';
import { GRPC_METHOD, type GrpcServer, startGrpc } from '../model-server/grpc.ts';
import { createGrpcTransport } from './grpc-request.ts';
import { planOf } from './options.ts';
import type { Transport } from './transport.ts';

const open: (GrpcServer | Transport)[] = [];

async function connected(answer: () => Promise<number>, path = GRPC_METHOD, timeoutMs = 10_000) {
  const about = { port: 0, ip: '127.0.0.1', version: 'v7', pod: 'pod-a' };
  const server = await startGrpc(about, answer);
  const url = `http://127.0.0.1:${server.port}${path}`;
  const transport = createGrpcTransport(planOf({ url, rate: 1, seconds: 1, protocol: 'grpc', timeoutMs }));
  open.push(transport, server);
  return { server, transport };
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('a load of gRPC calls', () => {
  it.each([
    ['answered', 200, 200],
    ['unavailable', 503, 503],
    ['failed', 500, 500],
  ])('%s', async (_name, answer, status) => {
    const { transport } = await connected(() => Promise.resolve(answer));
    const record = await transport.send(1, 0);
    expect(record).toMatchObject({ status, error: null, version: 'v7', pod: 'pod-a' });
  });

  it('a method that is not there has failed', async () => {
    const { transport } = await connected(() => Promise.resolve(200), '/sluice.Model/Other');
    expect(await transport.send(1, 0)).toMatchObject({ status: 500 });
  });

  it('a call without an answer in time has an error, and so has a call to a server that is gone', async () => {
    const { server, transport } = await connected(() => new Promise(() => undefined), GRPC_METHOD, 50);
    expect(await transport.send(1, 0)).toMatchObject({ status: 0, error: expect.any(String) });
    await server.close();
    expect(await transport.send(2, 0)).toMatchObject({ status: 0, error: expect.any(String) });
  });

  it('a server that closes answers what is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { server, transport } = await connected(() => {
      begin();
      return promise;
    });
    const answer = transport.send(1, 0);
    await begun;
    const closed = server.close();
    resolve(200);
    expect(await answer).toMatchObject({ status: 200 });
    await closed;
  });
});
