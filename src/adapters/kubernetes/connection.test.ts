import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Connection, connect, connectInCluster } from './connection.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function setUp(user: object, cluster: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-connection-'));
  folders.push(folder);
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'one', cluster: { server: 'https://one.example:6443/', ...cluster } }],
    users: [{ name: 'one', user }],
    contexts: [
      { name: 'one', context: { cluster: 'one', user: 'one' } },
      { name: 'broken', context: { cluster: 'absent', user: 'one' } },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { folder, file, clock, pass };
}

const headersOf = async (connection: Connection) => (await connection.open()).headers;
const authorization = async (connection: Connection) => Object.values(await headersOf(connection))[0];

describe('a connection by kubeconfig', () => {
  test('takes server and token', async () => {
    const { file, clock } = setUp({ token: 'secret' });
    const connection = await connect({ kubeconfig: file }, {}, clock);
    expect(connection.server).toBe('https://one.example:6443');
    expect(await authorization(connection)).toBe('Bearer secret');
  });

  test('takes user and password', async () => {
    const { file, clock } = setUp({ username: 'alice', password: 'open sesame' });
    const connection = await connect({ kubeconfig: file }, {}, clock);
    expect(await authorization(connection)).toBe(`Basic ${btoa('alice:open sesame')}`);
  });

  test('takes the token of a command', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'fresh' },
    };
    const script = `process.stdout.write(${JSON.stringify(JSON.stringify(credential))})`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
    };
    const { file, clock } = setUp({ exec: { ...exec, interactiveMode: 'Never' } });
    const connection = await connect({ kubeconfig: file }, {}, clock);
    expect(await authorization(connection)).toBe('Bearer fresh');
  });

  test('keeps its pool while the certificates are the same, and makes a new one when they are rotated', async () => {
    const { folder, file, clock, pass } = setUp({
      'client-certificate': 'cert.pem',
      'client-key': 'key.pem',
    });
    for (const name of ['cert.pem', 'key.pem']) writeFileSync(join(folder, name), 'old');
    const connection = await connect({ kubeconfig: file }, {}, clock);
    const first = (await connection.open()).dispatcher;
    writeFileSync(join(folder, 'cert.pem'), 'new');
    expect((await connection.open()).dispatcher).toBe(first);
    pass(60_001);
    const second = (await connection.open()).dispatcher;
    expect(second).not.toBe(first);
    writeFileSync(join(folder, 'cert.pem'), 'newest');
    connection.refresh();
    expect((await connection.open()).dispatcher).not.toBe(second);
    await connection.close();
  });

  test('is chosen by KUBECONFIG, in a cluster too', async () => {
    const { file, clock } = setUp({ token: 'secret' });
    vi.stubEnv('KUBECONFIG', file);
    const inside = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBECONFIG: file };
    expect((await connect({}, inside, clock)).server).toBe('https://one.example:6443');
    vi.unstubAllEnvs();
  });

  test.each([
    [
      'a file that is not there',
      { kubeconfig: '/absent/config' },
      /kubeconfig \/absent\/config cannot be read/,
    ],
    ['a context that is not there', { context: 'two' }, /has no cluster for context two: .* one, broken/],
    ['a context without its cluster', { context: 'broken' }, /has no cluster for context broken/],
  ])('says what is wrong with %s', async (_title, where, message) => {
    const { file, clock } = setUp({});
    await expect(connect({ kubeconfig: file, ...where }, {}, clock)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      retry: 'terminal',
      message: expect.stringMatching(message),
    });
  });
});

describe('a connection in a cluster', () => {
  test.each([
    ['10.96.0.1', 'https://10.96.0.1:443'],
    ['fd00::1', 'https://[fd00::1]:443'],
  ])('goes to the address %s of the API server', async (host, expected) => {
    const clock = { now: () => 0, monotonic: () => 0 };
    const connection = await connect(
      {},
      { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' },
      clock,
    );
    expect(connection.server).toBe(expected);
  });

  test('takes the token of the ServiceAccount, and its successor when that is due', async () => {
    const { folder, clock, pass } = setUp({});
    writeFileSync(join(folder, 'ca.crt'), 'ca');
    writeFileSync(join(folder, 'token'), 'first\n');
    const connection = connectInCluster({ host: '10.0.0.1', port: '443' }, clock, folder);
    expect(await authorization(connection)).toBe('Bearer first');
    writeFileSync(join(folder, 'token'), 'second\n');
    expect(await authorization(connection)).toBe('Bearer first');
    pass(60_001);
    expect(await authorization(connection)).toBe('Bearer second');
    await connection.close();
  });
});
