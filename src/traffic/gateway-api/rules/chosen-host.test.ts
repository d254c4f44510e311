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
import type { KubeObject } from '../../../api/meta.ts';
import type { Json } from '../../json.ts';
import { gatewayRouter } from '../gateway-api.ts';
import type { GatewayTraffic } from '../spec.ts';

const HOST = 'preview.example.com';
const MATCH = [{ host: HOST }];
const ASKS = { match: MATCH, mirror: false, hostField: 'blueGreen.preview.host' };
const OWN = [{ backendRefs: [to('model', 1)] }];

const forHosts = (name: string, hostnames: readonly string[], more: Json = {}): KubeObject =>
  route(OWN, { hostnames, ...more }, name);
const MAIN = forHosts('model', ['model.example']);
const PREVIEW = forHosts('preview', [HOST]);

const objects = (...all: readonly KubeObject[]) => objectsOf(service(), ...all);

function asked(all: readonly KubeObject[], spec: GatewayTraffic = {}): string {
  const found = gatewayRouter.preflight({ ...requestOf(objects(...all), spec), asks: ASKS });
  return 'problem' in found ? `${found.problem.reason}: ${found.problem.message}` : 'none';
}

function refusedBy(one: KubeObject): KubeObject {
  const said = answer(
    GATEWAY,
    { Accepted: 'False' },
    { reason: 'NoMatchingListenerHostname', message: 'no such host' },
  );
  return { ...one, status: { parents: [said] } };
}

const split = (match: readonly Json[], ...all: readonly KubeObject[]) => {
  const found = gatewayRouter.preflight(requestOf(objects(MAIN, PREVIEW)));
  if ('problem' in found) throw new Error(found.problem.message);
  return {
    context: contextOf(objects(...all), found.plan),
    goal: { kind: 'split', weight: 20, match } as const,
  };
};

const used = ({ backendRefs }: Json): unknown[] =>
  (backendRefs as Json[]).filter(({ weight }) => weight !== 0).map(({ name }) => name);

/** Versions that get requests by each rule for the host, with a match. */
const rules = (match: readonly Json[]): unknown[] => {
  const { context, goal } = split(match, MAIN, PREVIEW);
  return gatewayRouter
    .writes(context, goal)
    .flatMap((one) =>
      one.op === 'patch' && one.target.metadata.name === 'preview' ? valueOf(one.patch).map(used) : [],
    );
};

/** The rules that a patch leaves, or a rule with the backends that it leaves. */
function valueOf(patch: readonly object[]): readonly Json[] {
  const { path, value } = patch.at(-1) as { path: string; value: Json[] };
  return path === '/spec/rules' ? value : [{ backendRefs: value }];
}

describe('a host that the policy names', () => {
  it.each<[string, readonly KubeObject[], GatewayTraffic?]>([
    ['an HTTPRoute of its own', [MAIN, PREVIEW]],
    ['beside a route for every host', [forHosts('model', []), PREVIEW]],
    ['beside a route for a wildcard', [forHosts('model', ['*.example.com']), PREVIEW]],
    ['a GRPCRoute of its own', [MAIN, route(OWN, { hostnames: [HOST] }, 'preview', 'GRPCRoute')]],
    ['named by the policy', [MAIN, PREVIEW], { httpRoutes: ['model', 'preview'] }],
  ])('is taken: %s', (_what, all, spec = {}) => {
    expect(asked(all, spec)).toBe('none');
  });

  it.each<[string, readonly KubeObject[], GatewayTraffic, RegExp]>([
    [
      'which no route is for',
      [MAIN],
      {},
      /^RouteTakesNoHost: blueGreen\.preview\.host preview\.example\.com: no route to the workload is for it alone: add one beside HTTPRoute model .*\(spec\.hostnames: \[preview\.example\.com\]\)/,
    ],
    [
      'which a route has beside others',
      [forHosts('model', ['model.example', HOST])],
      {},
      /HTTPRoute model has it beside other hostnames, .*move it into a route of its own/,
    ],
    [
      'which another route has, too',
      [forHosts('model', ['model.example', HOST]), PREVIEW],
      {},
      /HTTPRoute model is for it, too, .*take it out there/,
    ],
    [
      'whose route is not shifted',
      [MAIN, PREVIEW],
      { httpRoutes: ['model'] },
      /HTTPRoute preview is for it and is not shifted: add it to traffic\.gatewayAPI\.httpRoutes/,
    ],
    [
      'which is the only one',
      [PREVIEW],
      {},
      /all routes that are shifted \(HTTPRoute preview\) are for it alone/,
    ],
    [
      'whose route is also that of callers in a mesh',
      [
        MAIN,
        forHosts('preview', [HOST], { parentRefs: [GATEWAY, { group: '', kind: 'Service', name: 'model' }] }),
      ],
      {},
      /HTTPRoute preview has Service model as a parent, for whose callers hostnames do not count/,
    ],
    [
      'which no listener admits',
      [MAIN, refusedBy(PREVIEW)],
      {},
      /^RouteNotAccepted: Gateway infra\/edge does not accept HTTPRoute preview: .*NoMatchingListenerHostname: no such host \(let spec\.hostnames fit the hostname of a listener/,
    ],
  ])('is refused: %s', (_what, all, spec, message) => {
    expect(asked(all, spec)).toMatch(message);
  });

  it('gives the canary all requests of its route, or those with the other conditions of the entry', () => {
    const headers = { 'x-stage': { exact: 'b' } };
    const [stable, canary] = ['model-sluice-stable', 'model-sluice-canary'];
    expect(rules(MATCH)).toEqual([[canary]]);
    expect(rules([{ host: HOST, headers }])).toEqual([[canary], [stable, canary]]);
  });

  it('ends a release whose route for it is gone', () => {
    const { context, goal } = split(MATCH, MAIN);
    expect(gatewayRouter.compare(context, goal)).toMatchObject({
      kind: 'broken',
      reason: 'RouteTakesNoHost',
    });
  });
});
