import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { type ErrorCode, SluiceError } from '../../errors.ts';
import { Cache } from './cache.ts';
import type { KubeClient, ListPage } from './client.ts';
import { backoffMs, createReflector, type ReflectorDeps, type ReflectorStatus } from './reflector.ts';
import { RESOURCES } from './resource.ts';
import type { WatchEvent } from './watch.ts';

/** The API server's answers, one call after the other; after the last one the reflector is stopped. */
type Answer =
  | { readonly list: Partial<ListPage> | Error }
  | { readonly watch: readonly (WatchEvent | Error)[]; readonly lastsMs?: number };

function service(name: string, version: number, uid = `uid-${name}`): KubeObject {
  const metadata = { name, namespace: 'shop', uid, resourceVersion: String(version) };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { version } };
}

const event = (type: WatchEvent['type'], object: KubeObject): WatchEvent => ({ type, object });
const bookmark = (version: number): WatchEvent =>
  event('BOOKMARK', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: '', resourceVersion: `${version}` },
  });
const inStream = (code: number): WatchEvent =>
  event('ERROR', { apiVersion: 'v1', kind: 'Status', metadata: { name: '' }, code, message: 'expired' });
const failure = (code: ErrorCode, afterMs?: number): SluiceError =>
  new SluiceError(code, `failed with ${code}`, { retry: afterMs === undefined ? 'backoff' : { afterMs } });
const listed = (version: number, ...items: KubeObject[]): Answer => ({
  list: { items, resourceVersion: String(version) },
});

async function play(answers: readonly Answer[], given: Partial<ReflectorDeps> = {}) {
  const script = [...answers];
  const stop = new AbortController();
  const calls: string[] = [];
  const queries: object[] = [];
  const waits: number[] = [];
  const changes: string[] = [];
  const statuses: ReflectorStatus[] = [];
  let now = 0;
  const next = (call: string, query: object): Answer => {
    calls.push(call);
    queries.push(query);
    statuses.push(reflector.status());
    const answer = script.shift();
    if (answer === undefined) throw new Error('more calls than answers');
    if (script.length === 0) stop.abort();
    return answer;
  };
  const client: Pick<KubeClient, 'list' | 'watch'> = {
    list: async (_resource, _namespace, query = {}) => {
      const answer = next(query['limit'] === 1 ? 'probe' : `list ${query['continue'] ?? ''}`.trim(), query);
      if (!('list' in answer)) throw new Error('a watch was expected');
      if (answer.list instanceof Error) throw answer.list;
      return { items: [], resourceVersion: '', continue: undefined, ...answer.list };
    },
    watch: async function* (_resource, _namespace, query, { onOpen }) {
      const answer = next(`watch ${query['resourceVersion']}`, query);
      if (!('watch' in answer)) throw new Error('a list was expected');
      if (!(answer.watch[0] instanceof Error)) onOpen?.();
      for (const one of answer.watch) {
        if (one instanceof Error) throw one;
        yield one;
      }
      now += answer.lastsMs ?? 60_000;
    },
  };
  const cache = new Cache(({ type, object: { metadata } }) => changes.push(`${type} ${metadata.name}`));
  const reflector = createReflector({
    client,
    cache,
    resource: RESOURCES.Service,
    namespace: undefined,
    optional: false,
    relistMs: Number.POSITIVE_INFINITY,
    clock: { monotonic: () => now },
    random: () => 0.5,
    sleep: async (ms) => {
      now += ms;
      waits.push(ms);
      statuses.push(reflector.status());
    },
    log: { info: () => {}, warn: () => {} },
    ...given,
  });
  let synced = false;
  void reflector.synced.then(() => {
    synced = true;
  });
  await reflector.run(stop.signal);
  await Promise.resolve();
  return { calls, queries, waits, changes, statuses, cache, synced, end: reflector.status() };
}

describe('a reflector', () => {
  test('lists page by page, then watches from the list on, with bookmarks and for a random time', async () => {
    const { calls, queries, changes, synced } = await play([
      { list: { items: [service('a', 3)], resourceVersion: '9', continue: 'page-2' } },
      { list: { items: [service('b', 4)], resourceVersion: '9' } },
      { watch: [event('ADDED', service('c', 10))] },
    ]);
    expect(calls).toEqual(['list', 'list page-2', 'watch 9']);
    expect(queries[0]).toMatchObject({ limit: 500 });
    expect(queries[2]).toEqual({ resourceVersion: '9', allowWatchBookmarks: true, timeoutSeconds: 450 });
    expect(changes).toEqual(['added a', 'added b', 'added c']);
    expect(synced).toBe(true);
  });

  test('moves from stopped through listing and watching to stopped', async () => {
    const { statuses, end } = await play([listed(9), { watch: [] }]);
    expect(statuses.map(({ state }) => state)).toEqual(['listing', 'watching']);
    expect(end).toMatchObject({ state: 'stopped', synced: true, error: null });
  });

  test('continues from the newest version after a watch has ended, bookmarks included', async () => {
    const { calls, waits } = await play([
      listed(9),
      { watch: [event('MODIFIED', service('a', 12)), bookmark(40)] },
      listed(41),
      { watch: [event('DELETED', service('a', 55))] },
      listed(55),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'watch 9', 'probe', 'watch 40', 'probe', 'watch 55']);
    expect(waits).toEqual([]);
  });

  test.each<[string, Answer]>([
    ['the watch is refused as too old', { watch: [failure('KUBERNETES_GONE')] }],
    ['the stream says expired', { watch: [inStream(410)] }],
    ['the stream says anything else', { watch: [inStream(500)] }],
    ['the versions go back', { watch: [bookmark(12), bookmark(8)] }],
    ['the watch has fallen silent', { watch: [bookmark(11), failure('KUBERNETES_TIMEOUT')] }],
    ['what comes cannot be read', { watch: [new SyntaxError('Unexpected end of JSON input')] }],
  ])('lists again when %s', async (_title, answer) => {
    const { calls, waits, changes } = await play([
      listed(9, service('a', 1), service('b', 2)),
      answer,
      listed(30, service('a', 1), service('c', 25)),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'watch 9', 'list', 'watch 30']);
    expect(waits).toHaveLength(1);
    expect(changes).toEqual(['added a', 'added b', 'added c', 'deleted b']);
  });

  test('lists again when a page has expired', async () => {
    const { calls } = await play([
      { list: { items: [service('a', 3)], resourceVersion: '9', continue: 'page-2' } },
      { list: failure('KUBERNETES_GONE') },
      listed(30),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'list page-2', 'list', 'watch 30']);
  });

  test('continues where it was after a failure, and lists again after the third in a row', async () => {
    const down: Answer = { watch: [failure('KUBERNETES_UNAVAILABLE')] };
    const { calls, waits } = await play([
      listed(9),
      down,
      listed(9),
      down,
      listed(12),
      down,
      listed(30),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'watch 9', 'probe', 'watch 9', 'probe', 'watch 9', 'list', 'watch 30']);
    expect(waits).toEqual([800, 1_600, 3_200]);
  });

  test('begins with short waits again once a watch has had a word', async () => {
    const down: Answer = { watch: [failure('KUBERNETES_UNAVAILABLE')] };
    const { waits } = await play([
      listed(9),
      down,
      listed(9),
      down,
      listed(9),
      { watch: [bookmark(10), failure('KUBERNETES_UNAVAILABLE')] },
      listed(10),
      { watch: [] },
    ]);
    expect(waits).toEqual([800, 1_600, 800]);
  });

  test('backs off when watches are closed at once', async () => {
    const closed: Answer = { watch: [], lastsMs: 5 };
    const { calls, waits } = await play([listed(9), closed, listed(9), closed, listed(9), { watch: [] }]);
    expect(calls).toEqual(['list', 'watch 9', 'probe', 'watch 9', 'probe', 'watch 9']);
    expect(waits).toEqual([800, 1_600]);
  });

  test('has no fault any more once a watch is taken again, though it says nothing yet', async () => {
    const { calls, statuses, end } = await play([
      listed(9),
      { watch: [failure('KUBERNETES_UNAVAILABLE')] },
      listed(9),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'watch 9', 'probe', 'watch 9']);
    expect(statuses.at(-1)).toMatchObject({ error: 'failed with KUBERNETES_UNAVAILABLE' });
    expect(end.error).toBe(null);
  });

  test('tries for ever, and says why', async () => {
    const down: Answer = { list: failure('KUBERNETES_UNAVAILABLE') };
    const { waits, statuses, synced } = await play([
      ...Array.from({ length: 12 }, () => down),
      listed(9),
      { watch: [] },
    ]);
    expect(waits.slice(-2)).toEqual([20_000, 20_000]);
    expect(statuses[1]).toMatchObject({
      state: 'backingOff',
      synced: false,
      error: 'failed with KUBERNETES_UNAVAILABLE',
    });
    expect(synced).toBe(true);
  });

  test.each([
    [7_000, 7_000],
    [3_600_000, 30_000],
  ])('waits as the API server asks: %i ms', async (asked, expected) => {
    const { waits } = await play([
      { list: failure('KUBERNETES_UNAVAILABLE', asked) },
      listed(9),
      { watch: [] },
    ]);
    expect(waits).toEqual([expected]);
  });

  test('takes another uid for another object', async () => {
    const { changes } = await play([
      listed(9, service('a', 3, 'first')),
      { watch: [event('MODIFIED', service('a', 12, 'second'))] },
    ]);
    expect(changes).toEqual(['added a', 'deleted a', 'added a']);
  });

  test('lists again when that is due', async () => {
    const { calls } = await play(
      [listed(9), { watch: [bookmark(20)] }, listed(20), { watch: [] }, listed(30), { watch: [] }],
      { relistMs: 100_000 },
    );
    expect(calls).toEqual(['list', 'watch 9', 'probe', 'watch 20', 'list', 'watch 30']);
  });

  test('lists again when the server was set back while the watch was broken', async () => {
    const { calls, changes } = await play([
      listed(90, service('a', 80), service('b', 85)),
      { watch: [failure('KUBERNETES_UNAVAILABLE')] },
      listed(51),
      listed(52, service('a', 40)),
      { watch: [] },
    ]);
    expect(calls).toEqual(['list', 'watch 90', 'probe', 'list', 'watch 52']);
    expect(changes).toEqual(['added a', 'added b', 'modified a', 'deleted b']);
  });

  test('takes the state of a server that was set back', async () => {
    const { cache } = await play([
      listed(90, service('a', 80), service('b', 85)),
      { watch: [inStream(410)] },
      listed(50, service('a', 40)),
      { watch: [] },
    ]);
    expect(cache.get('shop', 'a')?.metadata.resourceVersion).toBe('40');
    expect(cache.size).toBe(1);
  });

  test.each<ErrorCode>(['KUBERNETES_NOT_FOUND', 'KUBERNETES_FORBIDDEN'])(
    'counts an optional kind as synced when it fails with %s again and again, and takes it in when it comes',
    async (code) => {
      const absent = { list: failure(code) };
      const { statuses, changes, synced, end } = await play(
        [absent, absent, absent, absent, listed(9, service('a', 3)), { watch: [] }],
        { optional: true },
      );
      expect(synced).toBe(true);
      const backingOff = statuses.filter(({ state }) => state === 'backingOff');
      expect(backingOff.map(({ missing }) => missing)).toEqual([false, false, true, true]);
      expect(changes).toEqual(['added a']);
      expect(end).toMatchObject({ missing: false, synced: true });
    },
  );

  test('does not take a kind for missing that an API server refuses while it starts', async () => {
    const { statuses } = await play(
      [
        { list: failure('KUBERNETES_FORBIDDEN') },
        { list: failure('KUBERNETES_NOT_FOUND') },
        { list: failure('KUBERNETES_UNAVAILABLE') },
        { list: failure('KUBERNETES_FORBIDDEN') },
        listed(9),
        { watch: [] },
      ],
      { optional: true },
    );
    expect(statuses.some(({ missing }) => missing)).toBe(false);
  });

  test.each([
    ['a required kind', false, 'KUBERNETES_NOT_FOUND'],
    ['an optional kind', true, 'KUBERNETES_UNAVAILABLE'],
  ] as const)('does not count %s as synced while it fails', async (_title, optional, code) => {
    const down = { list: failure(code) };
    const { synced, end } = await play([down, down, down, down], { optional });
    expect(synced).toBe(false);
    expect(end).toMatchObject({ missing: false, synced: false });
  });

  test('says what to do about a kind that is needed and not there', async () => {
    const down = { list: failure('KUBERNETES_NOT_FOUND') };
    const { statuses } = await play([down, down]);
    expect(statuses.at(-1)?.error).toContain('install the custom resource definitions');
  });

  test('says for how long it has heard nothing', async () => {
    const { statuses } = await play([listed(9), { watch: [], lastsMs: 70_000 }, listed(9), { watch: [] }]);
    expect(statuses.map(({ silentMs }) => silentMs)).toEqual([null, 0, 70_000, 70_000]);
  });
});

describe('the wait after failures', () => {
  test.each([
    [1, 0, 400],
    [1, 0.999_999, 1_200],
    [2, 0.5, 1_600],
    [5, 0.5, 12_800],
    [6, 0.5, 20_000],
    [900, 0.999_999, 30_000],
  ])('after %i failures with random %d is about %i ms', (failures, random, expected) => {
    expect(backoffMs(failures, random)).toBeCloseTo(expected, -1);
  });
});
