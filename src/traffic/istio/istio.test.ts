import { ok } from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import {
  allHttpOf,
  EDITS,
  httpOf,
  isMine,
  LATE,
  routeOf,
  target,
  worlds,
} from '../../../test/conformance/istio-users.ts';
import { NAMESPACE, owner } from '../../../test/conformance/istio-world.ts';
import {
  type RouterUnderTest,
  routerSuite,
  type Shares,
  type World,
  withoutVersions,
} from '../../../test/conformance/router.ts';
import type { KubeObject } from '../../api/meta.ts';
import { asObject, asObjects, type Json } from '../json.ts';
import { istioRouter } from './istio.ts';
import type { IstioPlan } from './plan.ts';
import type { IstioTraffic } from './spec.ts';

function sharesOf(route: Json): Shares {
  const list = routeOf(route);
  const weights = list.map((one) => (list.length === 1 ? 1 : Number(one['weight'] ?? 0)));
  const total = weights.reduce((sum, one) => sum + one, 0);
  const others: Record<string, number> = {};
  const shares = { stable: 0, canary: 0, others };
  for (const [index, one] of list.entries()) {
    const share = (weights[index] ?? 0) / total;
    if (!isMine(one))
      others[JSON.stringify(target(one))] = (others[JSON.stringify(target(one))] ?? 0) + share;
    else if (target(one)['subset'] === 'sluice-canary') shares.canary += share;
    else shares.stable += share;
  }
  return shares;
}

const shortHost = (host: unknown): string => String(host).replace(/\..*/, '');

function checkList(list: readonly Json[], known: readonly unknown[]): void {
  for (const one of list) {
    const share = one['weight'] ?? 0;
    ok(Number.isInteger(share) && Number(share) >= 0, `the weight ${JSON.stringify(share)} is no weight`);
    const { subset } = target(one);
    const key = `${shortHost(target(one)['host'])} ${String(subset)}`;
    ok(!isMine(one) || subset === undefined || known.includes(key), `there is no such subset: ${key}`);
  }
  ok(list.length < 2 || list.some((one) => Number(one['weight']) > 0), 'all weights are 0');
}

/** The VirtualService without the destinations of the routes to the workload. */
function blotted(object: KubeObject): unknown {
  if (object.kind !== 'VirtualService') return object;
  const http = httpOf([object]).map((route) =>
    routeOf(route).some(isMine) ? { ...route, route: 'ours' } : route,
  );
  return { ...object, spec: { ...asObject(object['spec']), http } };
}

function checkSafe(objects: readonly KubeObject[]): void {
  const subsets = objects
    .filter(({ kind }) => kind === 'DestinationRule')
    .flatMap((rule) => {
      const { host, subsets: list } = asObject(rule['spec']);
      return asObjects(list).map((subset) => `${shortHost(host)} ${String(subset['name'])}`);
    });
  for (const route of allHttpOf(objects)) checkList(routeOf(route), subsets);
}

const subsets = (route: Json): unknown[] =>
  routeOf(route)
    .filter(isMine)
    .map((one) => target(one)['subset']);

const isGrpc = (route: Json): boolean => routeOf(route).some((one) => target(one)['host'] === 'model-grpc');

/** The routes to the workload that a release shifts; the others are with stable as long as any to their Service is split. */
function shiftedOf(objects: readonly KubeObject[], { spec }: World<IstioTraffic>): Json[] {
  const all = allHttpOf(objects).filter((route) => routeOf(route).some(isMine));
  const isShifted = ({ name }: Json): boolean =>
    name !== LATE && (spec.routes === undefined || spec.routes.includes(String(name)));
  const isSplit = (route: Json): boolean =>
    all.some(
      (one) => isGrpc(one) === isGrpc(route) && subsets(one).some((two) => String(two).startsWith('sluice-')),
    );
  for (const route of all.filter((one) => isSplit(one) && !isShifted(one)))
    ok(
      subsets(route).every((subset) => subset === 'sluice-stable'),
      `route ${String(route['name'])} is not with stable`,
    );
  return all.filter(isShifted);
}

const ISTIO: RouterUnderTest<IstioTraffic, IstioPlan> = {
  router: istioRouter,
  worlds,
  edits: fc.constantFrom(...EDITS),
  namespace: NAMESPACE,
  owner,
  shares: (objects, world) =>
    shiftedOf(objects, world)
      .toSorted((a, b) => String(a['name']).localeCompare(String(b['name'])))
      .map(sharesOf),
  exposes: (objects) =>
    httpOf(objects).some((route) => routeOf(route).some((one) => target(one)['subset'] === 'sluice-canary')),
  checkSafe,
  rest: (objects) =>
    withoutVersions(
      objects.filter(({ metadata }) => !metadata.name.endsWith('-sluice')).map(blotted) as KubeObject[],
    ),
};

describe('the Istio router', () => {
  routerSuite(ISTIO);
});
