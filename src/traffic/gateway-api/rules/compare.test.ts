import { describe, expect, it } from 'vitest';
import {
  answer,
  contextOf,
  GATEWAY,
  objectsOf,
  requestOf,
  route,
  service,
  to,
} from '../../../../test/conformance/gateway-world.ts';
import { ObjectsInMemory } from '../../../../test/conformance/objects-in-memory.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteGoal, RouteState } from '../../goal.ts';
import { asObject, type Json } from '../../json.ts';
import { gatewayRouter } from '../gateway-api.ts';

const NAMESPACE = 'shop';
const at = (weight: number): RouteGoal => ({ kind: 'split', weight });

/** A release whose routes were split by a weight, and what it says after a change. */
function released(objects: readonly KubeObject[], weight = 25) {
  const server = new ObjectsInMemory(objects);
  const found = gatewayRouter.preflight(requestOf(objectsOf(...objects)));
  if ('problem' in found) throw new Error(found.problem.message);
  const { plan } = found;
  const context = () => contextOf(server.read(NAMESPACE), plan);
  for (const write of gatewayRouter.writes(context(), at(weight))) server.apply(write);
  const state = (goal: RouteGoal = at(weight)): RouteState => gatewayRouter.compare(context(), goal);
  const find = (kind: string, name = 'model'): KubeObject => {
    const one = server.objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (one === undefined) throw new Error(`there is no ${kind} ${name}`);
    return one;
  };
  return { server, context, state, find };
}

const model = (): KubeObject[] => [service(), route([{ backendRefs: [to('model', 1)] }])];
const refsOf = (object: KubeObject): unknown =>
  (asObject(object['spec'])['rules'] as Json[]).map((rule) => rule['backendRefs']);

describe('our Services', () => {
  it.each<[string, Json, Json]>([
    [
      'have the ports of the user',
      {},
      { ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', appProtocol: 'http' }] },
    ],
    ['are headless where that is', { clusterIP: 'None' }, { clusterIP: 'None' }],
    [
      'have no port on nodes',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] },
      { ports: [{ port: 80 }] },
    ],
    ['have nothing else of it', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, {}],
  ])('%s', (_what, given, expected) => {
    const { find } = released([service('model', given), route([{ backendRefs: [to('model', 1)] }])]);
    const spec = asObject(find('Service', 'model-sluice-canary')['spec']);
    expect(spec).toMatchObject({ ...expected, selector: { app: 'model', 'pod-template-hash': 'x7k2' } });
    expect(Object.keys(spec)).not.toEqual(expect.arrayContaining(['type']));
    expect('clusterIP' in spec).toBe(given['clusterIP'] === 'None');
    const stable = asObject(find('Service', 'model-sluice-stable')['spec']);
    expect(stable['selector']).toEqual({ app: 'model', 'pod-template-hash': '5d9c' });
  });

  it('have what configures a data plane, and not what would have their pods scraped twice', () => {
    const user = service();
    user.metadata.labels = { app: 'model', 'istio.io/use-waypoint': 'way' };
    user.metadata.annotations = { 'prometheus.io/scrape': 'true', 'retry.linkerd.io/http': '5xx' };
    const { find } = released([user, route([{ backendRefs: [to('model', 1)] }])]);
    const { labels, annotations } = find('Service', 'model-sluice-stable').metadata;
    expect(labels).toMatchObject({ 'istio.io/use-waypoint': 'way' });
    expect(labels).not.toHaveProperty('app');
    expect(annotations).toMatchObject({ 'retry.linkerd.io/http': '5xx' });
    expect(annotations).not.toHaveProperty(['prometheus.io/scrape']);
  });

  it.each<[string, (object: KubeObject) => void]>([
    ['lose their selector', (object) => (object['spec'] = { selector: {}, ports: [] })],
    ['lose their labels', (object) => (object.metadata.labels = {})],
    ['lose their annotations', (object) => delete object.metadata.annotations?.['sluice.dev/routes']],
  ])('are corrected when they %s', (_what, change) => {
    const { server, context, state, find } = released(model());
    server.edit(() => change(find('Service', 'model-sluice-canary')));
    expect(state().kind).toBe('differs');
    for (const write of gatewayRouter.writes(context(), at(25))) server.apply(write);
    expect(state()).toEqual({ kind: 'asDesired' });
    expect(asObject(find('Service', 'model-sluice-canary')['spec'])['selector']).toEqual({
      app: 'model',
      'pod-template-hash': 'x7k2',
    });
  });
});

describe('the backends of a rule', () => {
  it.each<[string, readonly Json[], number, readonly [string, number][]]>([
    [
      'a lone one in percent',
      [to('model', 1)],
      25,
      [
        ['model-sluice-stable', 75],
        ['model-sluice-canary', 25],
      ],
    ],
    [
      'without a weight',
      [to('model')],
      10,
      [
        ['model-sluice-stable', 90],
        ['model-sluice-canary', 10],
      ],
    ],
    [
      'beside others, whose weights stay where whole numbers allow it',
      [to('model', 50), to('other', 50)],
      10,
      [
        ['model-sluice-stable', 45],
        ['model-sluice-canary', 5],
        ['other', 50],
      ],
    ],
    [
      'beside others, whose weights are multiplied where not',
      [to('model', 1), to('other', 2)],
      25,
      [
        ['model-sluice-stable', 3],
        ['model-sluice-canary', 1],
        ['other', 8],
      ],
    ],
    [
      'of the largest weights, scaled down',
      [to('model', 999_999), to('other', 1_000_000)],
      33,
      [
        ['model-sluice-stable', 669_999],
        ['model-sluice-canary', 330_000],
        ['other', 1_000_000],
      ],
    ],
    ['at 0', [to('model', 7)], 0, [['model-sluice-stable', 7]]],
    ['at 100', [to('model', 7)], 100, [['model-sluice-canary', 7]]],
  ])('%s', (_what, backendRefs, weight, expected) => {
    const { find } = released([service(), route([{ backendRefs }])], weight);
    const [refs] = refsOf(find('HTTPRoute')) as Json[][];
    const used = refs?.filter((one) => one['weight'] !== 0);
    expect(used?.map((one) => [one['name'], one['weight']])).toEqual(expected);
  });

  it.each<[string, RouteGoal, readonly [string, number][]]>([
    [
      'before the first weight',
      { kind: 'prepared' },
      [
        ['model', 1],
        ['stable', 0],
        ['canary', 0],
      ],
    ],
    [
      'at 0',
      at(0),
      [
        ['stable', 1],
        ['canary', 0],
        ['model', 0],
      ],
    ],
    [
      'in between',
      at(25),
      [
        ['stable', 75],
        ['canary', 25],
        ['model', 0],
      ],
    ],
    [
      'at 100',
      at(100),
      [
        ['canary', 1],
        ['stable', 0],
        ['model', 0],
      ],
    ],
    ['at the end', { kind: 'untouched' }, [['model', 1]]],
  ])('are all known to the data plane before they get a weight: %s', (_when, goal, expected) => {
    const { server, context, find } = released(model());
    for (const write of gatewayRouter.writes(context(), goal)) server.apply(write);
    const [refs = []] = refsOf(find('HTTPRoute')) as Json[][];
    expect(refs.map(({ name, weight }) => [String(name).replace('model-sluice-', ''), weight])).toEqual(
      expected,
    );
  });

  it('are restored where somebody edits ours', () => {
    const { server, context, find } = released(model());
    server.edit(() => {
      const [rule] = asObject(find('HTTPRoute')['spec'])['rules'] as Json[];
      Object.assign(rule ?? {}, { backendRefs: [to('model-sluice-stable', 1, { port: 9999 })] });
    });
    for (const write of gatewayRouter.writes(context(), { kind: 'untouched' })) server.apply(write);
    expect(refsOf(find('HTTPRoute'))).toEqual([[to('model', 1)]]);
  });
});

const parents = (observedGeneration: number, status = 'True'): Json => ({
  parents: [answer(GATEWAY, { Accepted: 'True', ResolvedRefs: status }, { observedGeneration })],
});
const answered = (weight: number, status: Json) => {
  const made = released(model(), weight);
  made.server.edit(() => {
    const found = made.find('HTTPRoute');
    found.metadata.generation = 3;
    found['status'] = status;
  });
  return made;
};

describe('routes that are written', () => {
  it.each<[string, Json, string]>([
    ['are in force once the controller has taken them', parents(3), 'nothing'],
    [
      'wait for a controller that has not',
      parents(2),
      'the controller of Gateway infra/edge has not taken HTTPRoute model',
    ],
    [
      'wait for a parent that refuses them',
      parents(3, 'False'),
      'Gateway infra/edge does not accept HTTPRoute model',
    ],
    ['wait where nobody answers', { parents: [] }, 'no controller answers for a parent of the routes'],
  ])('%s, and nothing is written again', (_what, status, untaken) => {
    const { context, state } = answered(25, status);
    for (const goal of [at(25), { kind: 'withdrawn' }] as const) {
      const found = goal.kind === 'split' ? state(goal) : answered(0, status).state(goal);
      expect(found.kind).toBe('asDesired');
      expect('untaken' in found ? found.untaken : 'nothing').toContain(untaken);
    }
    expect(gatewayRouter.writes(context(), at(25))).toEqual([]);
  });

  it('are refused by a condition with the words of the parent', () => {
    const { context } = answered(25, parents(3, 'False'));
    expect(gatewayRouter.warnings(context()).map(({ reason }) => reason)).toContain('RouteNotAccepted');
  });
});

describe('a split that has become impossible', () => {
  it.each<[string, (objects: KubeObject[]) => void, string]>([
    [
      'its Service is deleted',
      (all) =>
        all.splice(
          all.findIndex(({ metadata }) => metadata.name === 'model'),
          1,
        ),
      'ServiceNotFound',
    ],
    [
      'its rule is gone',
      (all) => ((all.find(({ kind }) => kind === 'HTTPRoute') ?? service())['spec'] = { rules: [] }),
      'RouteNotFound',
    ],
    [
      'its sessions become persistent',
      (all) => {
        const [rule] = asObject(all.find(({ kind }) => kind === 'HTTPRoute')?.['spec'])['rules'] as Json[];
        Object.assign(rule ?? {}, { sessionPersistence: {} });
      },
      'SessionPersistence',
    ],
  ])('is broken: %s', (_what, change, reason) => {
    const { server, state } = released(model());
    server.edit((objects) => change(objects));
    expect(state()).toMatchObject({ kind: 'broken', reason });
    expect(state({ kind: 'withdrawn' }).kind).not.toBe('broken');
  });
});
