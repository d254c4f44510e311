import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiServer, startApiServer } from '../../../../test/fakes/api-server.ts';
import { eventsOf, signIn, startDashboard, type TestDashboard } from '../../../../test/fakes/dashboard.ts';
import { rollout } from '../../../../test/fixtures/cli.ts';
import type { ReplayReport } from '../../api/examination.ts';
import type { Problem } from '../../api/problem.ts';
import { Fault } from '../fault.ts';
import type { Examined, Examiner, Hooks } from './examiner.ts';

const SEES = ['get', 'list', 'watch'];
const AT = '/api/v1/namespaces/models/rollouts/ranker';
const all = (namespace: string) => ({ namespace, plural: '*', verbs: SEES });
const some = (plural: string) => ({ namespace: 'models', plural, verbs: SEES });

let api: ApiServer;
let dashboard: TestDashboard;
/** Replays that have begun, with the way to end each. */
let begun: { of: Examined; hooks: Hooks; end: (error?: Error) => void }[];
let asked: string[];
let forAll = true;
const stopping: AbortController[] = [];

const report = { rollout: 'ranker', namespace: 'models' } as ReplayReport;
/** An examiner of one test: what is left of another one tells it nothing. */
const examinerFor = (mine: typeof begun): Examiner => ({
  get asksForAll() {
    return forAll;
  },
  preflight: async ({ viewer }) => {
    asked.push(viewer.user);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return [{ about: 'metric errors', state: 'ok', details: [] }];
  },
  plan: async (_of, over) => {
    throw new Fault('unavailable', `nothing answers over ${over}`, ['start it']);
  },
  replay: (of, _asked, hooks) =>
    new Promise((resolve, reject) => {
      hooks.signal.addEventListener('abort', () => reject(hooks.signal.reason));
      mine.push({ of, hooks, end: (error) => (error === undefined ? resolve(report) : reject(error)) });
    }),
});

beforeEach(async () => {
  [begun, asked, forAll] = [[], [], true];
  api = await startApiServer();
  dashboard = await startDashboard(api.url, { examiner: examinerFor(begun) });
  api.people.set('ann-token', { name: 'ann', grants: [all('*')] });
  api.people.set('bob-token', { name: 'bob', grants: [all('*')] });
  api.people.set('tim-token', { name: 'tim', grants: [all('models')] });
  api.people.set('eve-token', { name: 'eve', grants: ['rollouts', 'releases', 'services'].map(some) });
  api.put('rollouts', rollout());
});
afterEach(async () => {
  vi.useRealTimers();
  for (const one of stopping.splice(0)) one.abort();
  await dashboard.close();
  await api.close();
});

async function watch(token: string, query = '') {
  const { cookie } = await signIn(dashboard.url, token);
  const stop = new AbortController();
  stopping.push(stop);
  const events = eventsOf(`${dashboard.url}${AT}/replay/stream${query}`, { cookie }, stop.signal);
  const next = async (event: string): Promise<unknown> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done === true) throw new Error(`the stream ended before ${event}`);
      if (value.event === event) return value.data;
    }
  };
  return { next, leave: () => stop.abort() };
}

describe('a replay', () => {
  it('is begun once for two people, tells how far it is, and is kept for the next', async () => {
    const ann = await watch('ann-token');
    await ann.next('progress');
    const bob = await watch('bob-token');
    await bob.next('progress');
    await expect.poll(() => begun.length).toBe(1);
    begun[0]?.hooks.onProgress({ stage: 'replaying', done: 3, total: 9 });
    expect(await bob.next('progress')).toEqual({ stage: 'replaying', done: 3, total: 9 });
    begun[0]?.end();
    expect(await ann.next('report')).toEqual(report);
    expect(await (await watch('bob-token')).next('report')).toEqual(report);
    expect(begun).toHaveLength(1);
  });

  it('is another one for another span, and for another person where Prometheus is asked by their rights', async () => {
    await (await watch('ann-token')).next('progress');
    await (await watch('ann-token', '?since=1d')).next('progress');
    expect(dashboard.parts.replays.count).toBe(2);
    const third = await watch('ann-token', '?since=2d');
    // Each of these is a session of its own.
    await third.next('progress');
    expect(dashboard.parts.replays.count).toBe(3);
    forAll = false;
    await (await watch('bob-token')).next('progress');
    expect(dashboard.parts.replays.count).toBe(4);
  });

  it('stops a few seconds after the last tab is gone, and begins again for the next person', async () => {
    const ann = await watch('ann-token');
    await ann.next('progress');
    await expect.poll(() => begun.length).toBe(1);
    ann.leave();
    await expect.poll(() => begun[0]?.hooks.signal.aborted, { timeout: 20_000 }).toBe(true);
    expect(dashboard.parts.replays.count).toBe(0);
    await (await watch('bob-token')).next('progress');
    await expect.poll(() => begun.length).toBe(2);
  }, 30_000);

  it('says why it failed, and is tried again', async () => {
    const ann = await watch('ann-token');
    await ann.next('progress');
    await expect.poll(() => begun.length).toBe(1);
    begun[0]?.end(new Fault('unavailable', 'there is no past to replay', ['take a shorter one']));
    expect(await ann.next('ended')).toMatchObject({
      code: 'unavailable',
      message: 'there is no past to replay',
    });
    await (await watch('ann-token')).next('progress');
    await expect.poll(() => begun.length).toBe(2);
  });

  it('whose person has signed out stops, since it runs by their credentials', async () => {
    const browser = await signIn(dashboard.url, 'ann-token');
    const stop = new AbortController();
    stopping.push(stop);
    void eventsOf(`${dashboard.url}${AT}/replay/stream`, { cookie: browser.cookie }, stop.signal).next();
    await expect.poll(() => begun.length).toBe(1);
    const bob = await watch('bob-token');
    await bob.next('progress');
    await browser.post('/api/v1/sign-out', {});
    expect(await bob.next('ended')).toMatchObject({ code: 'conflict' });
  });

  it.each([
    ['?since=x', 'since: x is no time'],
    ['?since=365d', 'since'],
    ['?for=1s', 'for: 1s'],
    ['?for=2d', 'for: 2d'],
  ])('with %s is refused with how to write it', async (query, message) => {
    const browser = await signIn(dashboard.url, 'ann-token');
    const answer = await browser.get(`${AT}/replay/stream${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Problem).message).toContain(message);
  });
});

describe('preflight and plan', () => {
  it('are answered once for two who ask at the same time', async () => {
    const [ann, bob] = [await signIn(dashboard.url, 'ann-token'), await signIn(dashboard.url, 'bob-token')];
    // What they may read is known by then, so that neither waits for it.
    await Promise.all([ann.get(`${AT}/plan`), bob.get(`${AT}/plan`)]);
    const answers = await Promise.all([ann.get(`${AT}/preflight`), bob.get(`${AT}/preflight`)]);
    for (const answer of answers)
      expect(await answer.json()).toEqual([{ about: 'metric errors', state: 'ok', details: [] }]);
    expect(asked).toHaveLength(1);
    forAll = false;
    await Promise.all([ann.get(`${AT}/preflight`), bob.get(`${AT}/preflight`)]);
    expect(asked.toSorted().slice(-2)).toContain('bob');
    expect(asked).toHaveLength(3);
  });

  it('say why they cannot answer', async () => {
    const ann = await signIn(dashboard.url, 'ann-token');
    const answer = await ann.get(`${AT}/plan?over=10m`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ message: 'nothing answers over 10m', next: ['start it'] });
  });

  it.each(['preflight', 'plan', 'replay/stream'])(
    '%s is refused without the rights that it takes, each is named, and nothing is asked',
    async (what) => {
      const eve = await signIn(dashboard.url, 'eve-token');
      const answer = await eve.get(`${AT}/${what}`);
      expect(answer.status).toBe(403);
      const { message, next } = (await answer.json()) as Problem;
      for (const plural of ['analysistemplates', 'deployments', 'replicasets'])
        expect(message).toContain(`eve may not list ${plural} in namespace models`);
      expect(message).not.toContain('services');
      expect(next.map((line) => /--clusterrole=(\S+)/.exec(line)?.[1])).toEqual(['sluice-view', 'view']);
      expect([asked, begun]).toEqual([[], []]);
    },
  );

  it('are not shared by people who see different routes: one would read what the other may not', async () => {
    const [ann, tim] = [await signIn(dashboard.url, 'ann-token'), await signIn(dashboard.url, 'tim-token')];
    await Promise.all([ann.get(`${AT}/preflight`), tim.get(`${AT}/preflight`)]);
    expect(asked.toSorted()).toEqual(['ann', 'tim']);
  });
});
