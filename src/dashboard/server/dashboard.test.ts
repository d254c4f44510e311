import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../test/fakes/api-server.ts';
import {
  type Browser,
  eventsOf,
  signIn,
  startDashboard,
  type TestDashboard,
} from '../../../test/fakes/dashboard.ts';
import { HOSTILE, hostile } from '../../../test/fakes/hostile-server.ts';
import { heldDeployment, pod, release, replicaSet, rollout, stepping } from '../../../test/fixtures/cli.ts';
import type { Release } from '../../api/release/release.ts';
import type { FleetSnapshot } from '../api/fleet.ts';
import type { Problem } from '../api/problem.ts';
import type { ReleasePage } from '../api/release.ts';

const SEES = ['get', 'list', 'watch'];
const everywhere = [{ namespace: '*', plural: '*', verbs: SEES }];
const deployment = heldDeployment();
const waiting = (): Release =>
  release({ ...stepping(), waitingFor: 'promotion' }, { policy: { approval: { at: ['promotion'] } } });

let api: ApiServer;
let dashboard: TestDashboard;
const stopping: AbortController[] = [];

beforeEach(async () => {
  api = await startApiServer();
  dashboard = await startDashboard(api.url);
  api.people.set('ann-token', { name: 'ann', grants: [{ namespace: '*', plural: '*', verbs: ['*'] }] });
  api.people.set('bob-token', { name: 'bob', grants: everywhere });
  api.people.set('eve-token', { name: 'eve', grants: [] });
  api.people.set('tim-token', {
    name: 'tim',
    grants: [
      { namespace: 'models', plural: 'rollouts', verbs: SEES },
      { namespace: 'models', plural: 'releases', verbs: [...SEES, 'patch'] },
    ],
  });
  api.put('rollouts', rollout({ release: 'ranker-s222222222' }));
  api.put('rollouts', {
    ...rollout({}, 'other'),
    metadata: { name: 'other', namespace: 'search', uid: 'o' },
  });
  api.put('releases', release(stepping()));
  api.put('deployments', deployment);
  api.put('replicasets', replicaSet('ranker-s222222222', 1, 1));
});
afterEach(async () => {
  for (const one of stopping.splice(0)) one.abort();
  await dashboard.close();
  await api.close();
});

const problem = async (response: Response): Promise<Problem> => (await response.json()) as Problem;
const fleet = async (browser: Browser, query = ''): Promise<FleetSnapshot> =>
  (await (await browser.get(`/api/v1/fleet${query}`)).json()) as FleetSnapshot;
const AT = '/api/v1/namespaces/models';
const act = (browser: Browser, body: object) => browser.post(`${AT}/releases/ranker-s222222222/acts`, body);

/** Reads a stream until a test is over. */
function stream(browser: Browser, path: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  stopping.push(stop);
  const events = eventsOf(`${dashboard.url}${path}`, { cookie: browser.cookie, ...headers }, stop.signal);
  return {
    stop: () => stop.abort(),
    next: async (event: string) => {
      for (;;) {
        const { value, done } = await events.next();
        if (done === true) throw new Error(`the stream ended before ${event}`);
        if (value.event === event) return value;
      }
    },
    isOver: async () => {
      for await (const _ of events);
    },
  };
}

describe('signing in', () => {
  it.each([
    ['a token that the API server does not accept', { token: 'wrong' }, 403, 'does not accept this token'],
    ['no token', {}, 400, 'token'],
    ['a token with a line break', { token: 'a\nb' }, 400, 'no spaces or line breaks'],
  ])('with %s is refused, and says why', async (_what, body, status, text) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${dashboard.url}/api/v1/sign-in`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
    expect((await problem(answer)).message).toContain(text);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('is limited in tries', async () => {
    const tries = Array.from({ length: 12 }, () =>
      signIn(dashboard.url, 'wrong').catch((error: Error) => error.message),
    );
    expect(
      (await Promise.all(tries)).filter((one) => typeof one === 'string' && one.includes('tooMany')),
    ).not.toEqual([]);
  });

  it('gives a cookie that no script can read and no other site can send, and never the token', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ token: 'ann-token' });
    const answer = await fetch(`${dashboard.url}/api/v1/sign-in`, { method: 'POST', headers, body });
    expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(answer.headers.get('set-cookie')).not.toContain('ann-token');
    expect(await answer.text()).not.toContain('ann-token');
  });

  it('is over after signing out, for streams too', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const open = stream(ann, '/api/v1/fleet/stream');
    await open.next('snapshot');
    expect((await ann.post('/api/v1/sign-out', {})).status).toBe(200);
    expect(await open.next('ended')).toMatchObject({ data: { code: 'signedOut' } });
    expect((await ann.get('/api/v1/fleet')).status).toBe(401);
    await expect.poll(() => api.watchers()).toEqual([]);
  });

  it('counts by the signature of the cookie, and not by its id alone', async () => {
    const { cookie } = await signIn(dashboard.url, 'ann-token');
    const forged = cookie.replace(/\.[^.]+$/, '.AAAA');
    const answers = [cookie, forged].map((one) =>
      fetch(`${dashboard.url}/api/v1/fleet`, { headers: { cookie: one } }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 401]);
  });

  it.each([
    ['no cookie', ''],
    ['a forged one', 'sluice=abc.def'],
    ['an empty one', 'sluice='],
  ])('is needed: %s', async (_what, cookie) => {
    const answer = await fetch(`${dashboard.url}/api/v1/fleet`, { headers: { cookie } });
    expect(answer.status).toBe(401);
  });
});

describe('the fleet', () => {
  it('has every Rollout that a person may see', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const { rows, unseen } = await fleet(ann);
    expect(rows.map(({ key, phase, weight }) => [key, phase, weight])).toEqual([
      ['models/ranker', 'Stepping', 25],
      ['search/other', 'Unknown', null],
    ]);
    expect(unseen).toEqual([]);
  });

  it('shows a person without rights nothing, and says why', async () => {
    const eve = await signIn(dashboard.url, 'eve-token');
    const { rows, unseen } = await fleet(eve, '?namespace=models');
    expect(rows).toEqual([]);
    expect(unseen.map(({ namespace, message }) => [namespace, message])).toEqual([
      ['*', 'eve may not list rollouts in all namespaces'],
      ['models', 'eve may not list rollouts in namespace models'],
    ]);
    expect(unseen[1]?.next[0]).toContain('--user=eve --clusterrole=sluice-view -n models');
  });

  it('shows a person with rights in one namespace that namespace', async () => {
    const tim = await signIn(dashboard.url, 'tim-token');
    expect((await fleet(tim)).rows).toEqual([]);
    expect((await fleet(tim, '?namespace=models')).rows.map(({ key }) => key)).toEqual(['models/ranker']);
  });

  it('is live, and resumes where a connection broke', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const first = stream(ann, '/api/v1/fleet/stream');
    const { id } = await first.next('snapshot');
    api.put('releases', release({ ...stepping(), weight: 50, routeGoal: 'split:50' }));
    const change = await first.next('change');
    expect(change.data).toMatchObject({ rows: [{ key: 'models/ranker', weight: 50 }], gone: [] });
    first.stop();
    api.remove('rollouts', 'search', 'other');
    const second = stream(ann, '/api/v1/fleet/stream', { 'last-event-id': change.id ?? '' });
    expect((await second.next('change')).data).toEqual({ rows: [], gone: ['search/other'] });
    expect(change.id).not.toBe(id);
  });

  it('sends at most one change a second, however often something changes', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const open = stream(ann, '/api/v1/fleet/stream');
    await open.next('snapshot');
    const began = performance.now();
    for (let weight = 11; weight <= 50; weight++) {
      api.put('releases', release({ ...stepping(), weight, routeGoal: `split:${weight}` }));
      // Between two changes there is time in which one could be sent.
      await ann.get('/api/v1/session');
    }
    let sent = 0;
    for (let last = 0; last !== 50; sent++) {
      const { rows } = (await open.next('change')).data as { rows: { weight: number }[] };
      last = rows[0]?.weight ?? 0;
    }
    expect(sent).toBeLessThanOrEqual((performance.now() - began) / 1_000 + 2);
  });

  it('is watched once for all viewers of equal rights', async () => {
    const people = await Promise.all(['ann-token', 'bob-token'].map((token) => signIn(dashboard.url, token)));
    const streams = people.flatMap((one) => [1, 2, 3].map(() => stream(one, '/api/v1/fleet/stream')));
    await Promise.all(streams.map((one) => one.next('snapshot')));
    const kinds = api.watchers().map((text) => text.split(' ')[1]);
    expect(new Set(kinds)).toEqual(new Set(['releases', 'rollouts']));
    expect(kinds).toHaveLength(2);
  });

  it('is watched in the name of another viewer when the first has gone', async () => {
    const [ann, bob] = await Promise.all(
      ['ann-token', 'bob-token'].map((token) => signIn(dashboard.url, token)),
    );
    if (ann === undefined || bob === undefined) throw new Error('nobody is there');
    const first = stream(ann, '/api/v1/fleet/stream');
    await first.next('snapshot');
    await expect.poll(() => api.watchers()).toEqual(['ann rollouts', 'ann releases']);
    const second = stream(bob, '/api/v1/fleet/stream');
    await second.next('snapshot');
    await ann.post('/api/v1/sign-out', {});
    await expect
      .poll(() => api.watchers().toSorted(), { timeout: 10_000 })
      .toEqual(['bob releases', 'bob rollouts']);
    api.put('rollouts', {
      ...rollout({}, 'third'),
      metadata: { name: 'third', namespace: 'models', uid: 't' },
    });
    expect((await second.next('change')).data).toMatchObject({ rows: [{ key: 'models/third' }] });
  });

  it('says that it may be old while the API server is away', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const open = stream(ann, '/api/v1/fleet/stream');
    await open.next('snapshot');
    await open.next('health');
    api.fail(503);
    expect((await open.next('health')).data).toMatchObject({ trouble: expect.stringContaining('rollouts') });
    api.fail(null);
    for (let trouble: unknown = ''; trouble !== null; )
      ({ trouble } = (await open.next('health')).data as { trouble: unknown });
  });
});

describe('a release', () => {
  it('is exactly what the command line shows, with what can be done', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await ann.get(`${AT}/rollouts/ranker/current`);
    const { view, offers } = (await answer.json()) as ReleasePage;
    expect(view.heading.release).toBe('ranker-s222222222');
    expect(view.place.text).toBe('Stepping (Analysing)');
    expect(view.versions[1]).toMatchObject({ ready: 1, wanted: 1 });
    expect(offers.map((one) => one.act)).toEqual(['pause', 'skip', 'promote', 'abort']);
  });

  it('hides what a person may not see, and says so', async () => {
    const tim = await signIn(dashboard.url, 'tim-token');
    const { view } = (await (await tim.get(`${AT}/rollouts/ranker/current`)).json()) as ReleasePage;
    expect(view.hidden).toEqual(['ReplicaSet', 'Pod']);
    const eve = await signIn(dashboard.url, 'eve-token');
    const answer = await eve.get(`${AT}/rollouts/ranker/current`);
    expect(answer.status).toBe(403);
    expect((await problem(answer)).next[0]).toContain('--user=eve --clusterrole=sluice-view -n models');
  });

  it('stays on its page when it ends', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const open = stream(ann, `${AT}/releases/ranker-s222222222/stream`);
    await open.next('page');
    const end = new Date().toISOString();
    api.put(
      'releases',
      release({ ...stepping(), phase: 'Aborted', finishedAt: end, reason: 'AnalysisFailed' }),
    );
    expect((await open.next('page')).data).toMatchObject({
      view: { place: { phase: 'Aborted', isOver: true } },
      offers: [],
    });
  });

  it.each([
    ['is not there', '/releases/nobody', 404],
    ['has a name that is none', '/releases/..%2f..%2fsecrets', 400],
  ])('that %s is a clear answer', async (_what, path, status) => {
    const ann = await signIn(dashboard.url, 'ann-token');
    expect((await ann.get(`${AT}${path}`)).status).toBe(status);
  });

  it('with hostile texts is sent as plain data', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    api.put('releases', hostile(release(stepping())));
    api.put('pods', hostile(pod('ranker-1', 's222222222', {}, { labels: { app: 'ranker' } })));
    const answer = await ann.get(`${AT}/rollouts/ranker/current`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(((await answer.json()) as ReleasePage).view.metrics[0]?.message).toContain(HOSTILE);
  });
});

describe('acts', () => {
  it('are done in the name of the person, with the reason', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await act(ann, { act: 'abort', reason: 'slow' });
    expect(await answer.json()).toEqual({
      message: expect.stringContaining('Release ranker-s222222222 is being rolled back, by ann'),
    });
    expect(api.get('releases', 'models', 'ranker-s222222222')?.['spec']).toMatchObject({
      abort: { by: 'ann', reason: 'slow' },
    });
  });

  it('of a person without the right are refused by the API server, with the way to get it', async () => {
    api.put('releases', waiting());
    const tim = await signIn(dashboard.url, 'tim-token');
    const answer = await act(tim, { act: 'approve' });
    expect(answer.status).toBe(403);
    expect(await problem(answer)).toMatchObject({
      message: expect.stringContaining('tim may not approve'),
      next: [expect.stringContaining('--user=tim --clusterrole=sluice-approve')],
    });
    expect(await (await tim.get(`${AT}/rights`)).json()).toMatchObject({ change: true, approve: false });
  });

  it('of two people at once: the second gets to know of the first', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    api.beforePatch = () => {
      api.beforePatch = () => undefined;
      api.put('releases', release(stepping(), { abort: { by: 'bob', reason: 'mine' } }));
    };
    expect(await (await act(ann, { act: 'abort', reason: 'slow' })).json()).toEqual({
      message: 'Release ranker-s222222222 is being rolled back already, by bob: mine',
    });
  });

  it('about a step that the release has left are refused', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await act(ann, { act: 'skip', step: 0 });
    expect(await problem(answer)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another step'),
    });
  });

  it.each([
    ['an act that is none', { act: 'delete' }, 'must be one of approve'],
    ['a reason that is too long', { act: 'abort', reason: 'x'.repeat(1_025) }, 'at most 1,024'],
    ['a field that is none', { act: 'abort', by: 'bob' }, 'by'],
    ['a gate that is none', { act: 'approve', gate: '40' }, 'has no gate "40"'],
  ])('with %s are refused', async (_what, body, text) => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await act(ann, body);
    expect(answer.status).toBe(400);
    expect((await problem(answer)).message).toContain(text);
  });

  it.each([
    ['without the token of the session', {}],
    ['with that of another', { 'x-csrf-token': 'abc' }],
  ])('%s are refused', async (_what, headers) => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await ann.post(`${AT}/releases/ranker-s222222222/acts`, { act: 'abort' }, headers);
    expect(answer.status).toBe(403);
    expect(api.requests.some(({ verb }) => verb === 'patch')).toBe(false);
  });
});

describe('the server', () => {
  it.each(['/', '/api/v1/session', '/rollouts/a/b', '/api/v1/fleet'])('protects %s', async (path) => {
    const { headers } = await fetch(`${dashboard.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('answers only under its own names, where it has some', async () => {
    const hosts: string[] = [];
    const strict = await startDashboard(api.url, { hosts });
    hosts.push(new URL(strict.url).host);
    expect((await fetch(strict.url)).status).toBe(200);
    hosts.length = 0;
    expect((await fetch(strict.url)).status).toBe(403);
    await strict.close();
  });

  it('refuses more streams of one person than a browser could need', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const streams = Array.from({ length: 24 }, () => stream(ann, '/api/v1/fleet/stream'));
    await Promise.all(streams.map((one) => one.next('snapshot')));
    const more = await ann.get('/api/v1/fleet/stream');
    expect(more.status).toBe(429);
    for (const one of streams) one.stop();
    await expect.poll(() => dashboard.parts.streams.count, { timeout: 10_000 }).toBe(0);
  });
});
