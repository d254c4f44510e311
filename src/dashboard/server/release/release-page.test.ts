import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../../test/fakes/api-server.ts';
import { signIn, startDashboard, type TestDashboard } from '../../../../test/fakes/dashboard.ts';
import { heldDeployment, release, rollout, stepping } from '../../../../test/fixtures/cli.ts';
import type { ReleasePage } from '../../api/release.ts';

const SEES = ['get', 'list', 'watch'];
const grant = (plural: string) => ({ namespace: 'models', plural, verbs: SEES });
const event = (name: string, kind: string, about: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'models', uid: name },
  involvedObject: { kind, name: about },
  reason: name,
});

let api: ApiServer;
let dashboard: TestDashboard;

beforeEach(async () => {
  api = await startApiServer();
  dashboard = await startDashboard(api.url);
  const known = ['rollouts', 'releases', 'deployments', 'replicasets'].map(grant);
  api.people.set('bob-token', { name: 'bob', grants: [...known, grant('events')] });
  api.people.set('tim-token', { name: 'tim', grants: known });
  api.put('rollouts', rollout({ release: 'ranker-s222222222' }));
  api.put('releases', release(stepping()));
  api.put('deployments', heldDeployment());
  api.put('events', event('ours', 'Release', 'ranker-s222222222'));
  api.put('events', event('canary', 'ReplicaSet', 'ranker-s222222222'));
  api.put('events', event('foreign', 'Release', 'other-s1'));
});
afterEach(async () => {
  await dashboard.close();
  await api.close();
});

const pageFor = async (token: string): Promise<ReleasePage> => {
  const browser = await signIn(dashboard.url, token);
  return (await browser.get('/api/v1/namespaces/models/rollouts/ranker/current')).json() as never;
};

it('has the events of its objects, for those who may see events', async () => {
  const { events, diff } = await pageFor('bob-token');
  expect(events?.map(({ reason }) => reason).toSorted()).toEqual(['canary', 'ours']);
  expect(diff.map(({ path }) => path)).toEqual([]);
  const { events: hidden, view } = await pageFor('tim-token');
  expect(hidden).toBeNull();
  expect(view.place.text).toBe('Stepping (Analysing)');
  expect(api.requests.some(({ who, plural }) => who === 'tim' && plural === 'events')).toBe(false);
});
