import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, type Grant, startApiServer } from '../../test/fakes/api-server.ts';
import { heldDeployment, release, replicaSet, rollout, stepping } from '../../test/fixtures/cli.ts';
import { connectTo } from '../adapters/kubernetes/connection.ts';
import { systemClock } from '../clock.ts';
import type { ReplayReport } from '../dashboard/api/examination.ts';
import { signInByToken } from '../dashboard/server/people/access.ts';
import type { Examined } from '../dashboard/server/policy/examiner.ts';
import { ROUTERS } from '../traffic/registry.ts';
import { createExaminer } from './examiner.ts';

const SEES = ['get', 'list', 'watch'];
const inModels = (...plurals: string[]): Grant[] =>
  plurals.map((plural) => ({ namespace: 'models', plural, verbs: SEES }));
const ofCluster = (...plurals: string[]): Grant[] =>
  plurals.map((plural) => ({ namespace: '*', plural, verbs: SEES }));

/** What `view` and `sluice-view` give in a namespace. */
const VIEW = inModels(
  'rollouts',
  'releases',
  'analysistemplates',
  'deployments',
  'replicasets',
  'services',
  'pods',
);
const ROUTES = inModels(...ROUTERS.watches.map(({ plural }) => plural));

const metric = { pod: 'ranker-aaa-11111', le: '+Inf' };
/** Ten requests a second. */
const countAt = (seconds: number): [number, string] => [seconds, String(Math.floor(seconds * 10) % 1e7)];

/** What was counted since `born`, at one time or over a range. */
function answerOf(form: URLSearchParams, born: number): object {
  const time = form.get('time');
  if (time !== null) return { resultType: 'vector', result: [{ metric, value: countAt(Number(time)) }] };
  const [start = 0, end = 0, step = 1] = ['start', 'end', 'step'].map((name) => Number(form.get(name)));
  const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, at) => start + at * step);
  const values = times.filter((at) => at * 1_000 >= born).map(countAt);
  return { resultType: 'matrix', result: values.length === 0 ? [] : [{ metric, values }] };
}

/** A Prometheus that has counted requests of `ranker` for so long. */
async function startPrometheus(ageMs: number): Promise<{ server: Server; url: string }> {
  const born = Date.now() - ageMs;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const data = answerOf(new URLSearchParams(body), born);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'success', data }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let api: ApiServer;
let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
const connections: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  api = await startApiServer();
  prometheus = await startPrometheus(6 * 60_000);
  api.put('rollouts', rollout({ release: 'ranker-s222222222' }));
  api.put('releases', release(stepping()));
  api.put('deployments', heldDeployment());
  api.put('replicasets', replicaSet('ranker-aaa', 1, 1, 'registry/ranker:v1'));
});
afterEach(async () => {
  for (const one of connections.splice(0)) await one.close();
  prometheus.server.close();
  await api.close();
});

/** What somebody with these rights examines. */
async function examinedBy(name: string, ...grants: Grant[]): Promise<Examined> {
  api.people.set(`${name}-token`, { name, grants });
  const connection = connectTo(api.url);
  connections.push(connection);
  const { make } = await signInByToken({ connection, clock: systemClock, version: 'test' })(`${name}-token`);
  return { viewer: make(new AbortController().signal), namespace: 'models', rollout: 'ranker' };
}

const examiner = (prometheusUrl: string | undefined = prometheus.url) =>
  createExaminer(
    {
      rootNamespace: 'istio-system',
      controllerNamespace: 'sluice-system',
      ...(prometheusUrl === '' ? {} : { prometheusUrl }),
    },
    api.url,
  );

describe('preflight and plan of somebody who may not read', () => {
  it('the routes say that they are not known, which rights are missing, and how to get them', async () => {
    const of = await examinedBy('petra', ...VIEW);
    const [routes] = await examiner().preflight(of);
    expect(routes).toMatchObject({ about: 'workload and routes', state: 'unknown' });
    const said = routes?.details.join('\n') ?? '';
    expect(said).toContain(
      'you may not list destinationrules.networking.istio.io, virtualservices.networking.istio.io in namespace models',
    );
    expect(said).toContain('--user=petra --clusterrole=sluice-view-routes -n models');
    const { notes } = await examiner().plan(of, '5m');
    expect(notes[0]).toMatch(/^The routes are not known: you may not list .*sluice-view-routes/);
  });

  it('what is there for the whole mesh say so, and what they found', async () => {
    const of = await examinedBy('petra', ...VIEW, ...ROUTES);
    const [routes] = await examiner().preflight(of);
    expect(routes?.state).not.toBe('unknown');
    const notes = (await examiner().plan(of, '5m')).notes.join('\n');
    expect(notes).not.toContain('virtualservices');
    expect(notes).not.toContain('The routes are not known');
    expect(notes).toMatch(/What is there for the whole mesh is not known: .*destinationrules.* istio-system/);
  });

  it('the library do without it where a release has its metrics, and else name the templates and the right', async () => {
    const of = await examinedBy('petra', ...VIEW, ...ROUTES);
    await expect(examiner().plan(of, '5m')).resolves.toMatchObject({ traffic: expect.any(Array) });
    api.remove('releases', 'models', 'ranker-s222222222');
    await expect(examiner().plan(of, '5m')).rejects.toMatchObject({
      problem: {
        code: 'unavailable',
        message: expect.stringContaining('ClusterAnalysisTemplate http-generic, which you may not read'),
        next: [expect.stringContaining('create clusterrolebinding sluice-view-cluster')],
      },
    });
    // Who may read it learns what else there is.
    const reader = await examinedBy('rita', ...VIEW, ...ROUTES, ...ofCluster('clusteranalysistemplates'));
    await expect(examiner().plan(reader, '5m')).rejects.toMatchObject({
      problem: { message: expect.not.stringContaining('may not read') },
    });
  });

  it('Prometheus through the API server say which right that takes', async () => {
    const of = await examinedBy('petra', ...VIEW, ...ROUTES);
    const asking = examiner('').preflight({
      ...of,
      viewer: {
        ...of.viewer,
        fetchText: async () => ({ code: 403, text: '{"kind":"Status","message":"forbidden"}' }),
      },
    });
    const said = JSON.stringify(await asking);
    expect(said).toContain('you may not get services/proxy of prometheus:9090 in namespace monitoring');
    expect(said).toContain('--resource-name=prometheus:9090 -n monitoring');
    expect(said).toContain('--user=petra');
  });
});

async function replay(since: string, follow: string): Promise<ReplayReport> {
  const of = await examinedBy('petra', ...VIEW, ...ROUTES);
  const hooks = { signal: new AbortController().signal, onProgress: () => undefined };
  return examiner().replay(of, { since, for: follow }, hooks);
}

describe('a replay on a young Prometheus', () => {
  it('says how far its counts go back where they do not fill one period', async () => {
    await expect(replay('7d', '30m')).rejects.toMatchObject({
      problem: {
        code: 'unavailable',
        message: expect.stringMatching(/the counts go back [56]m.*, and a release takes 30m of them/),
        next: [expect.stringContaining('shorter')],
      },
    });
  });

  it('says so beside what it found in the rest', async () => {
    const report = await replay('1h', '2m');
    expect(report.periods.length).toBeGreaterThan(0);
    expect(report.empty).toBeGreaterThan(20);
    expect(Date.now() - (report.countsFromMs ?? 0)).toBeLessThan(7 * 60_000);
  });

  it('says nothing of it where all that was asked for is there', async () => {
    expect(await replay('5m', '2m')).not.toHaveProperty('countsFromMs');
  });

  it('says that nothing counts where nothing does', async () => {
    prometheus.server.close();
    prometheus = await startPrometheus(-60_000);
    await expect(replay('1h', '5m')).rejects.toMatchObject({
      problem: {
        message: 'there is no past to replay',
        next: [expect.stringContaining('no series'), expect.anything()],
      },
    });
  });
});
