import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, issue, type KeyPair } from '../../../hack/cluster/parts/certificates.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/fakes/http-server.ts';
import { type ProxyServer, startProxyServer } from '../../../test/fakes/proxy-server.ts';
import { type SlackServer, startSlackServer } from '../../../test/fakes/slack-server.ts';
import { notification } from '../../../test/fixtures/notification.ts';
import { createKubeClient } from '../../adapters/kubernetes/client.ts';
import { connect } from '../../adapters/kubernetes/connection.ts';
import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import { createAskWebhook } from '../../adapters/metric-webhook/ask-webhook.ts';
import { createNotifier } from '../../adapters/notify/notifier.ts';
import { createPrometheus } from '../../adapters/prometheus/source.ts';
import { createPost } from '../post.ts';
import { createTargets } from './targets.ts';

const ONE = JSON.stringify({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: { pod: 'a' }, value: [1, '7'] }] },
});
const targets = createTargets();
const post = createPost(targets);
const clock = { now: () => Date.parse('2026-11-24T12:00:00Z'), monotonic: () => 0 };
let folder = '';
let authority: KeyPair;
let secure: Server;
let [web, slack, proxy]: [HttpReceiver?, SlackServer?, ProxyServer?] = [];

const portOf = (url = ''): number => Number(new URL(url).port);
const proxyNow = (): ProxyServer => proxy as ProxyServer;
const webNow = (): HttpReceiver => web as HttpReceiver;

/** Only the proxy knows these names. */
function portByName(host: string): number {
  if (host === 'slack.example') return portOf(slack?.apiUrl);
  if (host === 'hooks.example') return portOf(web?.url);
  return (secure.address() as AddressInfo).port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-proxy-'));
  authority = await createAuthority(folder, 'ca', 'authority');
  const altNames = ['DNS:prometheus.example', 'DNS:api.example'];
  const own = await issue(authority, folder, 'own', { name: 'prometheus', altNames });
  secure = createServer({ cert: await readFile(own.cert), key: await readFile(own.key) }, (_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' }).end(ONE);
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  [web, slack] = await Promise.all([startHttpReceiver(), startSlackServer()]);
  proxy = await startProxyServer(portByName);
});
afterAll(async () => {
  secure.close();
  secure.closeAllConnections();
  await Promise.all([web?.close(), slack?.close(), proxy?.close(), rm(folder, { recursive: true })]);
});
beforeEach(() => {
  const url = new URL(proxyNow().url);
  [url.username, url.password] = ['me', 'hunter2'];
  vi.stubEnv('HTTPS_PROXY', url.href);
  vi.stubEnv('HTTP_PROXY', url.href);
});
afterEach(() => {
  vi.unstubAllEnvs();
  proxyNow().asked.length = 0;
  proxyNow().credentials.length = 0;
  proxyNow().refusal = null;
});

const prometheus = () =>
  createPrometheus({ urls: ['https://prometheus.example'], caFile: authority.cert, clock });
const notifier = () =>
  createNotifier({
    log: { warn: () => {} },
    targets,
    slack: { apiUrl: 'http://slack.example/api/', botToken: async () => 'xoxb' },
    secrets: { read: async () => 'hunter2-secret' },
    clock,
  });
const target = { to: 'team', severity: 'info', asks: false } as const;

const config = async (cluster: object): Promise<string> => {
  const file = join(folder, 'kubeconfig');
  const ca = (await readFile(authority.cert)).toString('base64');
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'one',
      clusters: [
        {
          name: 'one',
          cluster: { server: 'https://api.example', 'certificate-authority-data': ca, ...cluster },
        },
      ],
      users: [{ name: 'one', user: { token: 't' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    }),
  );
  return file;
};
const get = async (kubeconfig: string, env: Record<string, string>) => {
  const connection = await connect({ kubeconfig }, env, clock);
  const options = { userAgent: 'test', timeoutMs: 5_000, concurrency: 1, clock };
  const client = createKubeClient(connection, options);
  const answer = await client.get(RESOURCES.Deployment, { namespace: 'a', name: 'b' });
  await connection.close();
  return answer;
};

describe('a proxy of the environment', () => {
  it('carries webhooks, with its user and password', async () => {
    const webhook = { url: 'http://hooks.example/x', secret: { name: 's', key: 'k' } };
    await notifier().send({ ...target, webhook }, notification(), { again: false });
    expect(webNow().received.at(-1)).toMatchObject({ path: '/x' });
    expect(proxyNow().asked).toEqual(['POST http://hooks.example/x']);
    expect(proxyNow().credentials).toEqual([`Basic ${btoa('me:hunter2')}`]);
  });

  it('carries metric webhooks', async () => {
    webNow().answer = { status: 200, body: '{"verdict": "pass"}' };
    const ask = createAskWebhook(clock, async () => undefined, post);
    const owner = { namespace: 'shop', name: 'model-1' };
    const question = { owner, secret: 's', id: 'i', body: '{}', timeoutMs: 5_000 };
    const reply = await ask({ url: 'http://hooks.example/judge', ...question }, new AbortController().signal);
    expect(reply).toMatchObject({ kind: 'pass' });
  });

  it('carries Slack', async () => {
    const receipt = await notifier().send({ ...target, slack: { channel: '#ml' } }, notification(), {
      again: false,
    });
    expect(receipt.ref).toBeDefined();
    expect(proxyNow().asked[0]).toContain('slack.example');
  });

  it('carries Prometheus in one tunnel, with the CA of Prometheus', async () => {
    const source = prometheus();
    expect(await source.sample('up', 1_000)).toMatchObject({ kind: 'vector' });
    expect(await source.sample('down', 2_000)).toMatchObject({ kind: 'vector' });
    expect(proxyNow().asked).toEqual(['CONNECT prometheus.example:443']);
  });

  it('is left out where NO_PROXY says so', async () => {
    vi.stubEnv('NO_PROXY', '.example');
    expect(await post('http://hooks.example/x', '', {})).toEqual({
      fault: 'cannot be reached: ENOTFOUND',
    });
    expect(proxyNow().asked).toEqual([]);
  });

  it('is named where it is the cause, without its password', async () => {
    proxyNow().refusal = 407;
    const message = `cannot be reached: the proxy ${proxyNow().url} answered 407: give user and password in its URL`;
    expect(await prometheus().sample('up', 1_000)).toEqual({
      kind: 'providerError',
      message: `https://prometheus.example ${message}`,
    });
    expect(await post('https://hooks.example/x', '', {})).toEqual({ fault: message });
    vi.stubEnv('HTTPS_PROXY', 'http://me:hunter2@127.0.0.1:1');
    expect(await post('https://hooks.example/x', '', {})).toEqual({
      fault: 'cannot be reached through the proxy http://127.0.0.1:1: ECONNREFUSED',
    });
  });
});

describe('the API server', () => {
  it('of a kubeconfig is reached as by kubectl: through the proxy of the environment', async () => {
    await get(await config({}), { HTTPS_PROXY: proxyNow().url });
    expect(proxyNow().asked).toEqual(['CONNECT api.example:443']);
  });

  it('of a kubeconfig with a proxy-url of its own is reached through that', async () => {
    await get(await config({ 'proxy-url': proxyNow().url }), { HTTPS_PROXY: 'http://127.0.0.1:1' });
    expect(proxyNow().asked).toEqual(['CONNECT api.example:443']);
  });
});
