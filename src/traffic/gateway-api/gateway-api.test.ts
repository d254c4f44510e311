import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import type { Headers } from '../../../test/conformance/asked.ts';
import {
  hostnamesOf,
  isRuleOfOurs,
  mirrorsOf,
  servedFor,
  unmirrored,
} from '../../../test/conformance/gateway-plane.ts';
import { onPools, withPools } from '../../../test/conformance/gateway-pools.ts';
import {
  allRules,
  EDITS,
  isMine,
  isOurs,
  isRoute,
  LATE,
  refsOf,
  rulesOf,
  worlds,
} from '../../../test/conformance/gateway-users.ts';
import { NAMESPACE, owner } from '../../../test/conformance/istio-world.ts';
import {
  type RouterUnderTest,
  routerSuite,
  type Shares,
  type World,
  withoutVersions,
} from '../../../test/conformance/router.ts';
import type { KubeObject } from '../../api/meta.ts';
import { asObject, type Json } from '../json.ts';
import { gatewayRouter } from './gateway-api.ts';
import type { GatewayPlan } from './plan.ts';
import type { GatewayTraffic } from './spec.ts';

const weightOf = ({ weight = 1 }: Json): number => Number(weight);
const isCanary = ({ name }: Json): boolean => String(name).endsWith('-sluice-canary');

function sharesOf(rule: Json): Shares {
  const refs = refsOf(rule);
  const total = refs.reduce((sum, one) => sum + weightOf(one), 0);
  const others: Record<string, number> = {};
  const shares = { stable: 0, canary: 0, others };
  for (const one of refs) {
    const share = weightOf(one) / total;
    const key = `${String(one['namespace'])}/${String(one['name'])}`;
    if (!isMine(one)) others[key] = (others[key] ?? 0) + share;
    else if (isCanary(one)) shares.canary += share;
    else shares.stable += share;
  }
  return shares;
}

/** Rules for the workload with the routes that they are in. */
const toWorkload = (
  objects: readonly KubeObject[],
): readonly { readonly route: KubeObject; readonly rule: Json }[] =>
  objects
    .filter(isRoute)
    .flatMap((route) => rulesOf(route).map((rule) => ({ route, rule })))
    .filter(({ rule }) => refsOf(rule).some(isMine) && !isRuleOfOurs(rule));

/** The rules that a release shifts; the others are with stable as long as any to their Service is split. */
function shiftedOf(objects: readonly KubeObject[], world: World<GatewayTraffic>): Json[] {
  return shiftedIn(objects, world).map(({ rule }) => rule);
}

function shiftedIn(
  objects: readonly KubeObject[],
  { spec }: World<GatewayTraffic>,
): ReturnType<typeof toWorkload> {
  const all = toWorkload(objects);
  const isShifted = ({ route, rule: { name } }: (typeof all)[number]): boolean =>
    name !== LATE &&
    (spec.rules === undefined || spec.rules.includes(String(name))) &&
    (spec.httpRoutes === undefined ||
      (route.kind === 'HTTPRoute' && spec.httpRoutes.includes(route.metadata.name)));
  if (all.some(({ rule }) => refsOf(rule).some((one) => isOurs(one) && weightOf(one) > 0)))
    for (const { rule } of all.filter((one) => !isShifted(one)))
      ok(
        refsOf(rule).every(
          (one) => !isMine(one) || weightOf(one) === 0 || String(one['name']).endsWith('-sluice-stable'),
        ),
        `rule ${JSON.stringify(rule)} is not with stable`,
      );
  return all.filter(isShifted);
}

function checkSafe(objects: readonly KubeObject[]): void {
  const there = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  for (const rule of allRules(objects)) {
    const refs = refsOf(rule);
    const copies = mirrorsOf(rule).map(({ requestMirror }) =>
      asObject(asObject(requestMirror)['backendRef']),
    );
    for (const one of [...refs, ...copies]) {
      const weight = weightOf(one);
      ok(Number.isInteger(weight) && weight >= 0 && weight <= 1_000_000, `${weight} is no weight`);
      ok(
        !isOurs(one) || there.includes(`${String(one['kind'])} ${String(one['name'])}`),
        `there is no ${String(one['kind'])} ${String(one['name'])}`,
      );
    }
    ok(refs.length === 0 || refs.some((one) => weightOf(one) > 0), 'all weights are 0');
    ok(refs.length <= 16, 'too many backends');
  }
}

/** The route without the backends of the rules for the workload, and without rules and mirrors of ours. */
function blotted(object: KubeObject): unknown {
  if (!isRoute(object)) return object;
  const theirs = rulesOf(object).filter((rule) => !isRuleOfOurs(rule));
  const rules = theirs
    .map(unmirrored)
    .map((rule) => (refsOf(rule).some(isMine) ? { ...rule, backendRefs: 'ours' } : rule));
  return { ...object, spec: { ...asObject(object['spec']), rules } };
}

const likeTheRule = ({ matches: _matches, backendRefs: _refs, ...rest }: Json): Json => unmirrored(rest);

/** Who gets requests with these headers of a rule that is shifted; null where it gets none of them. */
function sharesWith(objects: readonly KubeObject[], rule: Json, headers: Headers): Shares | null {
  const found = servedFor(objects, rule, headers);
  const own = found.filter(({ was }) => was === rule);
  for (const { is = {} } of own) {
    if (!isRuleOfOurs(is)) equal(is, rule);
    const { name: _name, ...wanted } = likeTheRule(rule);
    const { name: _none, ...copied } = likeTheRule(is);
    deepStrictEqual(copied, wanted, 'our rule is not like the rule');
  }
  const [first] = own;
  return first === undefined ? null : sharesOf(first.is ?? {});
}

/** Requests of rules that are not shifted are still theirs. */
function checkOthers(objects: readonly KubeObject[], world: World<GatewayTraffic>, headers: Headers): void {
  const shifted = shiftedOf(objects, world);
  for (const rule of allRules(objects).filter((one) => !isRuleOfOurs(one) && !shifted.includes(one)))
    for (const { is, was } of servedFor(objects, rule, headers))
      if (was === rule) equal(is, rule, 'a rule of ours takes requests of another rule');
}

const GATEWAY: RouterUnderTest<GatewayTraffic, GatewayPlan> = {
  router: gatewayRouter,
  worlds,
  edits: fc.constantFrom(...EDITS),
  namespace: NAMESPACE,
  owner,
  shares: (objects, world) => shiftedOf(objects, world).map(sharesOf),
  sharesWith: (objects, world, headers) => {
    checkOthers(objects, world, headers);
    return shiftedOf(objects, world).map((rule) => sharesWith(objects, rule, headers));
  },
  onlyFor: (objects, world) =>
    shiftedIn(objects, world).map(({ route }) => {
      const [host, ...more] = hostnamesOf(route);
      return more.length === 0 ? host : undefined;
    }),
  mirrored: (objects, world) =>
    shiftedOf(objects, world).map((rule) =>
      mirrorsOf(rule).reduce((sum, { requestMirror }) => {
        const { percent = 100 } = asObject(requestMirror) as { readonly percent?: number };
        return sum + percent;
      }, 0),
    ),
  mayRefuse: ['RouteTakesNoMatch', 'RouteTakesNoHost'],
  exposes: (objects) =>
    allRules(objects).some(
      (rule) => mirrorsOf(rule).length > 0 || refsOf(rule).some((one) => isCanary(one) && weightOf(one) > 0),
    ),
  checkSafe,
  rest: (objects) =>
    withoutVersions(
      objects
        .filter(({ metadata }) => !/-sluice-(?:stable|canary)$/.test(metadata.name))
        .map(blotted) as KubeObject[],
    ),
};

describe('the Gateway API router', () => {
  routerSuite(GATEWAY);
});

describe('the Gateway API router, to an InferencePool', () => {
  routerSuite({
    ...GATEWAY,
    worlds: worlds.map(withPools),
    edits: fc.constantFrom(...EDITS.map(onPools)),
    takesMirror: () => false,
    mayRefuse: [...(GATEWAY.mayRefuse ?? []), 'RouteTakesNoCookie'],
  });
});
