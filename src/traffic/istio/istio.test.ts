import { deepStrictEqual, ok } from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import { type Headers, hostOfRequest } from '../../../test/conformance/asked.ts';
import {
  allHttpOf,
  EDITS,
  httpOf,
  isMine,
  LATE,
  RULES,
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

const isCanary = (one: Json): boolean => target(one)['subset'] === 'sluice-canary';
const isRuleOfOurs = ({ name }: Json): boolean => RULES.includes(String(name));
const mirrorsOf = (route: Json): Json[] => [...asObjects(route['mirrors'])];

/** A rule without our mirror. */
function unmirrored({ mirrors, ...rule }: Json): Json {
  const theirs = asObjects(mirrors).filter((one) => !isCanary(one));
  return theirs.length === 0 ? rule : { ...rule, mirrors: theirs };
}

/** The VirtualService without the destinations of the routes to the workload, and without rules and mirrors of ours. */
function blotted(object: KubeObject): unknown {
  if (object.kind !== 'VirtualService') return object;
  const http = httpOf([object])
    .filter((rule) => !isRuleOfOurs(rule))
    .map(unmirrored)
    .map((route) => (routeOf(route).some(isMine) ? { ...route, route: 'ours' } : route));
  return { ...object, spec: { ...asObject(object['spec']), http } };
}

function meets(condition: Json, value: string | undefined): boolean {
  if (value === undefined) return false;
  const { exact, prefix, regex } = condition as Readonly<Record<string, string>>;
  if (exact !== undefined) return exact === value;
  if (prefix !== undefined) return value.startsWith(prefix);
  const [pattern, flags] = regex?.startsWith('(?i)') === true ? [regex.slice(4), 'i'] : [regex, ''];
  return new RegExp(`^(?:${pattern})$`, flags).test(value);
}

/** Whether a request can come by the VirtualService of a route; without a host, it is for that of the workload. */
function comesBy(objects: readonly KubeObject[], route: Json, headers: Headers): boolean {
  const home = objects.find((one) => one.kind === 'VirtualService' && httpOf([one]).includes(route));
  const hosts = asObject(home?.['spec'])['hosts'] as readonly string[];
  const host = hostOfRequest(headers) ?? 'model';
  return hosts.some(
    (one) => one === '*' || one === host || (one.startsWith('*.') && host.endsWith(one.slice(1))),
  );
}

/** Whether a rule of ours is for requests with these headers that the route is for; and else like the route. */
function isFor(rule: Json, route: Json, headers: Headers): boolean {
  const own = asObjects(route['match']);
  const meeting = asObjects(rule['match']).filter((one) => {
    const { authority } = one;
    const hosts = authority === undefined ? [] : [[':authority', authority] as const];
    const conditions = [...Object.entries(asObject(one['headers'])), ...hosts];
    ok(conditions.length > 0, 'our rule is for all requests');
    return conditions.every(([name, condition]) => meets(asObject(condition), headers[name]));
  });
  const theirs = meeting.map(({ headers: _ours, authority: _host, ...rest }) => rest);
  if (theirs.length > 0)
    deepStrictEqual(theirs.slice(0, Math.max(1, own.length)), own.length === 0 ? [{}] : own);
  const { name: _name, match: _match, route: _route, ...rest } = unmirrored(route);
  const { name: _ours, match: _matches, route: _to, ...copied } = rule;
  deepStrictEqual(copied, rest, 'our rule is not like the route');
  return meeting.length > 0;
}

/** The first of our rules directly before a route that is for requests with these headers. */
function ruleBefore(objects: readonly KubeObject[], route: Json, headers: Headers): Json | undefined {
  const all = allHttpOf(objects);
  const at = all.indexOf(route);
  const first = all.findLastIndex((rule, place) => place < at && !isRuleOfOurs(rule)) + 1;
  return all.slice(first, at).find((rule) => isFor(rule, route, headers));
}

function checkSafe(objects: readonly KubeObject[]): void {
  const subsets = objects
    .filter(({ kind }) => kind === 'DestinationRule')
    .flatMap((rule) => {
      const { host, subsets: list } = asObject(rule['spec']);
      return asObjects(list).map((subset) => `${shortHost(host)} ${String(subset['name'])}`);
    });
  for (const route of allHttpOf(objects)) {
    checkList(routeOf(route), subsets);
    for (const one of mirrorsOf(route).filter(isMine)) checkList([{ ...one, weight: 1 }], subsets);
  }
}

const subsets = (route: Json): unknown[] =>
  routeOf(route)
    .filter(isMine)
    .map((one) => target(one)['subset']);

const isGrpc = (route: Json): boolean => routeOf(route).some((one) => target(one)['host'] === 'model-grpc');

/** The routes to the workload that a release shifts; the others are with stable as long as any to their Service is split. */
function shiftedOf(objects: readonly KubeObject[], { spec }: World<IstioTraffic>): Json[] {
  const all = allHttpOf(objects).filter((route) => !isRuleOfOurs(route) && routeOf(route).some(isMine));
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

const byName = (objects: readonly KubeObject[], world: World<IstioTraffic>): Json[] =>
  shiftedOf(objects, world).toSorted((a, b) => String(a['name']).localeCompare(String(b['name'])));

const ISTIO: RouterUnderTest<IstioTraffic, IstioPlan> = {
  router: istioRouter,
  worlds,
  edits: fc.constantFrom(...EDITS),
  namespace: NAMESPACE,
  owner,
  shares: (objects, world) => byName(objects, world).map(sharesOf),
  sharesWith: (objects, world, headers) =>
    byName(objects, world).map((route) =>
      comesBy(objects, route, headers) ? sharesOf(ruleBefore(objects, route, headers) ?? route) : null,
    ),
  mayRefuse: ['RouteTakesNoHost'],
  mirrored: (objects, world) =>
    byName(objects, world).map((route) =>
      mirrorsOf(route)
        .filter(isCanary)
        .reduce((sum, one) => sum + Number(asObject(one['percentage'])['value']), 0),
    ),
  takesMirror: ({ objects }) => allHttpOf(objects).every((route) => route['mirror'] === undefined),
  exposes: (objects) =>
    allHttpOf(objects).some((route) => [...routeOf(route), ...mirrorsOf(route)].some(isCanary)),
  checkSafe,
  rest: (objects) =>
    withoutVersions(
      objects.filter(({ metadata }) => !metadata.name.endsWith('-sluice')).map(blotted) as KubeObject[],
    ),
};

describe('the Istio router', () => {
  routerSuite(ISTIO);
});
