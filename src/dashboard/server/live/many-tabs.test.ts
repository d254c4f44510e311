import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../../test/fakes/api-server.ts';
import {
  type Browser,
  eventsOf,
  type StreamEvent,
  signIn,
  startDashboard,
  type TestDashboard,
} from '../../../../test/fakes/dashboard.ts';
import { release, rollout, stepping } from '../../../../test/fixtures/cli.ts';

const [PEOPLE, TABS] = [50, 20];

let api: ApiServer;
let dashboard: TestDashboard;
let people: readonly Browser[];
const stop = new AbortController();

beforeEach(async () => {
  api = await startApiServer();
  dashboard = await startDashboard(api.url, { isBehindProxy: true });
  api.people.set('token', { name: 'ann', grants: [{ namespace: '*', plural: '*', verbs: ['*'] }] });
  api.put('rollouts', rollout({ release: 'ranker-s222222222' }));
  api.put('releases', release(stepping()));
  people = await Promise.all(
    Array.from({ length: PEOPLE }, (_, n) =>
      signIn(dashboard.url, 'token', { 'x-forwarded-for': `192.0.2.${n}` }),
    ),
  );
});
afterEach(async () => {
  await dashboard.close();
  await api.close();
});

const tabsOf = ({ cookie }: Browser): readonly AsyncGenerator<StreamEvent>[] =>
  Array.from({ length: TABS }, () =>
    eventsOf(`${dashboard.url}/api/v1/fleet/stream`, { cookie }, stop.signal),
  );

async function untilEvent(events: AsyncGenerator<StreamEvent>, name: string): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error(`the stream ended before ${name}`);
    if (value.event === name) return;
  }
}

describe('a thousand forgotten tabs', () => {
  it('cost the API server two watches, and all get the next change', async () => {
    const tabs = people.flatMap(tabsOf);
    await Promise.all(tabs.map((events) => untilEvent(events, 'snapshot')));
    expect(dashboard.parts.streams.count).toBe(PEOPLE * TABS);
    expect(api.watchers()).toHaveLength(2);
    const before = api.requests.length;
    api.put('releases', release({ ...stepping(), step: 2, weight: 50, stepText: '3/3 (50 %)' }));
    await Promise.all(tabs.map((events) => untilEvent(events, 'change')));
    // Nothing was asked for it.
    expect(api.requests).toHaveLength(before);
    stop.abort();
    await expect.poll(() => dashboard.parts.streams.count, { timeout: 20_000 }).toBe(0);
  });
});
