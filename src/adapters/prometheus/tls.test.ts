import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issue, type KeyPair } from '../../../hack/cluster/parts/certificates.ts';
import { createPrometheus, type PrometheusOptions } from './source.ts';

const AT = 1_700_000_000_000;
const ONE = JSON.stringify({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: { pod: 'a' }, value: [1, '7'] }] },
});
const servers: { close(): void; closeAllConnections(): void }[] = [];
let folder = '';
let [authority, stranger, own, client]: KeyPair[] = [];

const pem = async (pair: KeyPair | undefined): Promise<{ cert: Buffer; key: Buffer }> => ({
  cert: await readFile(pair?.cert ?? ''),
  key: await readFile(pair?.key ?? ''),
});

const answer = (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(ONE);
};

async function serve(options: ServerOptions): Promise<string> {
  const server: Server = createServer({ ...(await pem(own)), ...options }, answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (url: string, options: Partial<PrometheusOptions> = {}) =>
  createPrometheus({ urls: [url], clock: { monotonic: () => 0 }, ...options }).sample('up', AT);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
  authority = await createAuthority(folder, 'ca', 'authority');
  stranger = await createAuthority(folder, 'stranger', 'stranger');
  const names = { name: 'prometheus', altNames: ['IP:127.0.0.1'] };
  own = await issue(authority, folder, 'own', names);
  client = await issue(authority, folder, 'client', { name: 'sluice' });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('createPrometheus over TLS', () => {
  it('trusts the CA that it is given', async () => {
    expect(await ask(await serve({}), { caFile: authority?.cert })).toMatchObject({ kind: 'vector' });
  });

  it('shows a certificate of its own where the server asks for one', async () => {
    const url = await serve({ ca: await readFile(authority?.cert ?? ''), requestCert: true });
    const files = { caFile: authority?.cert, certFile: client?.cert, keyFile: client?.key };
    expect(await ask(url, files)).toMatchObject({ kind: 'vector' });
    expect(await ask(url, { caFile: authority?.cert })).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('wants a certificate of ours'),
    });
  });

  it('says what is wrong with a certificate', async () => {
    const other = await issue(authority as KeyPair, folder, 'other', {
      name: 'other',
      altNames: ['DNS:thanos.example'],
    });
    const unknown = 'has a certificate of an unknown CA: give its CA';
    const cases: [string, Partial<PrometheusOptions>, string][] = [
      [await serve({}), {}, unknown],
      [await serve({}), { caFile: stranger?.cert }, unknown],
      [await serve(await pem(stranger)), {}, 'has a self-signed certificate: give its CA'],
      [await serve(await pem(other)), { caFile: authority?.cert }, 'has a certificate for another name'],
    ];
    for (const [url, options, reason] of cases) {
      const sample = await ask(url, options);
      expect(sample).toEqual({ kind: 'providerError', message: `${url} ${reason}` });
    }
  });

  it('says that the server does not speak TLS, and that a file is no certificate', async () => {
    const plain = createPlain(answer);
    servers.push(plain);
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    expect(await ask(url)).toMatchObject({ message: expect.stringContaining('does not speak TLS') });
    const broken = join(folder, 'broken.pem');
    await writeFile(broken, 'no certificate');
    expect(await ask(url, { certFile: broken, keyFile: broken })).toMatchObject({
      kind: 'providerError',
      message: expect.stringContaining('is no PEM that fits'),
    });
  });

  it('names a credential file that is missing', async () => {
    const bearerTokenFile = join(folder, 'missing');
    expect(await ask('http://127.0.0.1:1', { bearerTokenFile })).toEqual({
      kind: 'providerError',
      message: `no credentials for Prometheus: the file ${bearerTokenFile} cannot be read (ENOENT)`,
    });
  });
});
