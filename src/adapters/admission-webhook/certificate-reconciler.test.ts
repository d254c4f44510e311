import { createServer, request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { holdOf } from '../../admission/hold.ts';
import { SluiceError } from '../../errors.ts';
import {
  type CertificateStore,
  createCertificateReconciler,
  type SecretData,
  type Versioned,
} from './certificate-reconciler.ts';
import { certificatesOf, DAY_MS, type Serving } from './rotation.ts';
import { serveWebhook } from './server.ts';

const HOST = 'sluice-webhook.sluice-system.svc';
const START = Date.UTC(2026, 0, 1);
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The API server's part: writes need the newest version. */
function createStore() {
  const state = { data: {} as SecretData, bundles: ['', ''], version: 1 };
  const guard = (version: string): void => {
    if (version !== String(state.version))
      throw new SluiceError('KUBERNETES_CONFLICT', 'too late', { retry: 'backoff' });
    state.version += 1;
  };
  const read = <T>(value: T): Versioned<T> => ({ value, resourceVersion: String(state.version) });
  const store: CertificateStore = {
    secret: async () => read(state.data),
    writeSecret: async (data, version) => {
      guard(version);
      state.data = data;
    },
    bundles: async () => read(state.bundles),
    writeBundles: async (bundle, { resourceVersion }) => {
      guard(resourceVersion);
      state.bundles = state.bundles.map(() => bundle);
    },
  };
  return { state, store };
}

interface Clock {
  at: number;
}

function replica(store: CertificateStore, clock: Clock) {
  const served: Serving[] = [];
  const reconciler = createCertificateReconciler({
    store,
    host: HOST,
    use: (serving) => void served.push(serving),
    clock: { now: () => clock.at, monotonic: () => clock.at },
    log,
  });
  return { reconciler, served, now: () => served.at(-1) };
}

describe('the certificate of the webhook', () => {
  it('is made once, trusted, and left alone while it is fresh', async () => {
    const { state, store } = createStore();
    const clock = { at: START };
    const one = replica(store, clock);
    await one.reconciler.pass();
    expect(certificatesOf(state.data['ca.crt'] ?? '')).toHaveLength(1);
    expect(state.bundles).toEqual([state.data['ca.crt'], state.data['ca.crt']]);
    const { version } = state;
    clock.at += 50 * DAY_MS;
    await one.reconciler.pass();
    expect(state.version).toBe(version);
    expect(one.served).toHaveLength(1);
  });

  it('is the same for replicas that begin at once', async () => {
    const { state, store } = createStore();
    const clock = { at: START };
    const replicas = [replica(store, clock), replica(store, clock), replica(store, clock)];
    await Promise.all(replicas.map(({ reconciler }) => reconciler.pass()));
    for (const { reconciler, now } of replicas) {
      await reconciler.pass();
      expect(now()?.cert).toBe(state.data['tls.crt']);
    }
    expect(state.bundles[0]).toBe(state.data['ca.crt']);
  });

  it('is renewed when a third of its time is left, by the same authority', async () => {
    const { state, store } = createStore();
    const clock = { at: START };
    const one = replica(store, clock);
    await one.reconciler.pass();
    const authority = state.data['ca.crt'];
    clock.at += 61 * DAY_MS;
    await one.reconciler.pass();
    expect(one.served).toHaveLength(2);
    expect(state.data['ca.crt']).toBe(authority);
  });

  it('is of a new authority only once that is trusted, and the old one is trusted until it ends', async () => {
    const { state, store } = createStore();
    const clock = { at: START };
    const one = replica(store, clock);
    await one.reconciler.pass();
    const [old] = certificatesOf(state.data['ca.crt'] ?? '');
    clock.at += 200 * DAY_MS;
    await one.reconciler.pass();
    clock.at += 50 * DAY_MS;
    await one.reconciler.pass();
    const [newest, ...rest] = certificatesOf(state.data['ca.crt'] ?? '');
    expect(rest).toEqual([old]);
    expect(newest).not.toBe(old);
    expect(state.bundles[0]).toBe(state.data['ca.crt']);
    const before = one.now();
    await one.reconciler.pass();
    expect(one.now()).not.toBe(before);
    const settled = state.version;
    await one.reconciler.pass();
    expect(state.version).toBe(settled);
    clock.at += 250 * DAY_MS;
    for (let pass = 0; pass < 3; pass++) await one.reconciler.pass();
    expect(certificatesOf(state.data['ca.crt'] ?? '')).not.toContain(old);
  });

  it.each<[string, (data: Record<string, string>) => Record<string, string>]>([
    ['emptied', () => ({})],
    ['filled with rubbish', (data) => ({ ...data, 'ca.crt': 'x', 'tls.crt': 'y' })],
    ['given another key', (data) => ({ ...data, 'tls.key': data['ca.key'] ?? '' })],
    ['given another authority’s key', (data) => ({ ...data, 'ca.key': data['tls.key'] ?? '' })],
    [
      'left without a certificate',
      ({ 'ca.crt': ca = '', 'ca.key': key = '' }) => ({ 'ca.crt': ca, 'ca.key': key }),
    ],
  ])('is made again where the Secret is %s', async (_how, spoil) => {
    const { state, store } = createStore();
    const clock = { at: START };
    const one = replica(store, clock);
    await one.reconciler.pass();
    state.data = spoil({ ...state.data });
    for (let pass = 0; pass < 3; pass++) await one.reconciler.pass();
    expect(one.served.length).toBeGreaterThan(1);
    expect(one.now()?.cert).toBe(state.data['tls.crt']);
    expect(state.bundles[0]).toBe(state.data['ca.crt']);
    const { version } = state;
    await one.reconciler.pass();
    expect(state.version).toBe(version);
  });

  it('says what is missing', async () => {
    const { store } = createStore();
    const without = replica({ ...store, secret: async () => null }, { at: START });
    await expect(without.reconciler.pass()).rejects.toThrow('there is no Secret sluice-webhook: apply');
    const alone = replica({ ...store, bundles: async () => null }, { at: START });
    await expect(alone.reconciler.pass()).rejects.toThrow('no MutatingWebhookConfiguration sluice');
  });
});

interface Reply {
  readonly code: number;
  readonly body: string;
}

function post(port: number, ca: string, path: string, body: string, method = 'POST'): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const asked = request({ port, host: '127.0.0.1', ca, servername: HOST, path, method }, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', () =>
      resolve({ code: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
    );
  });
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

describe('the server of the webhook', () => {
  it('answers those who trust the bundle, by name, and refuses what is no review', async () => {
    const { state, store } = createStore();
    const server = await serveWebhook({ host: '127.0.0.1', port: 0 }, { hold: holdOf }, log);
    const reconciler = createCertificateReconciler({
      store,
      host: HOST,
      use: (serving) => server.use(serving),
      clock: { now: () => Date.now(), monotonic: () => 0 },
      log,
    });
    await reconciler.pass();
    const ca = state.data['ca.crt'] ?? '';
    const object = { metadata: { name: 'ranker', annotations: { 'sluice.dev/gate': 'x' } }, spec: {} };
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'abc', userInfo: { username: 'alice' }, object, oldObject: null },
    };
    const { code, body } = await post(server.port, ca, '/admit/hold?timeout=5s', JSON.stringify(review));
    expect(code).toBe(200);
    const { response } = JSON.parse(body);
    expect(response).toMatchObject({ uid: 'abc', allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(response.patch, 'base64').toString())).toEqual([
      { op: 'remove', path: '/metadata/annotations/sluice.dev~1gate' },
    ]);
    const codes = await Promise.all([
      post(server.port, ca, '/admit/hold', '{}'),
      post(server.port, ca, '/admit/hold', 'nonsense'),
      post(server.port, ca, '/admit/toString', '{}'),
      post(server.port, ca, '/', ''),
      post(server.port, ca, '/admit/hold', '', 'GET'),
      post(server.port, ca, '/admit/hold', 'x'.repeat(9 * 2 ** 20)).catch(() => ({ code: 413 })),
    ]);
    expect(codes.map((one) => one.code)).toEqual([400, 400, 404, 404, 405, 413]);
    await server.close();
  });

  it('rejects if the address is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(serveWebhook({ host: '127.0.0.1', port }, {}, log)).rejects.toThrow('EADDRINUSE');
    taken.close();
  });
});
