import { selects } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { ofKind, type RouteObjects } from '../../context.ts';
import type { Problem } from '../../reasons.ts';
import { type Rule, rulesOf, ruleTitle } from '../rules/rule.ts';
import { backendKey, backendOf, isPool, nameOfKey, POOL_VERSION } from '../services/backend.ts';
import { selectorOf } from '../services/version-spec.ts';
import { FIELD, type GatewayTraffic } from '../spec.ts';
import { pickerProblem } from './pickers.ts';

/** What finding the InferencePool of a workload depends on. */
export interface PoolSearch {
  readonly objects: RouteObjects;
  readonly spec: GatewayTraffic;
  /** Labels that the pods of both versions have. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The routes that the policy chooses. */
  readonly routes: readonly KubeObject[];
  /** Keys of the InferencePools that select the pods, and to which any of these routes goes. */
  readonly routed: readonly string[];
}

type Found = { readonly service: string } | { readonly problem: Problem };

/** Whether the policy says that the pods are behind an InferencePool. */
export const isPoolAsked = ({ inferencePool, pickers }: GatewayTraffic): boolean =>
  inferencePool !== undefined || pickers !== undefined;

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** The first rule that goes to an InferencePool of the namespace, there or not, with its key. */
export function ruleToPool(
  routes: readonly KubeObject[],
  namespace: string,
): { readonly rule: Rule; readonly key: string } | null {
  for (const rule of routes.flatMap(rulesOf)) {
    const key = rule.refs.map((ref) => backendOf(ref, namespace)).find((one) => isPool(one ?? ''));
    if (key !== undefined) return { rule, key };
  }
  return null;
}

/** Why a pool of an older API cannot be split, where a rule goes to one; null without such a rule. */
export function oldPool(routes: readonly KubeObject[]): Problem | null {
  for (const rule of routes.flatMap(rulesOf)) {
    const old = rule.refs.find(
      ({ group, kind }) => kind === 'InferencePool' && group === 'inference.networking.x-k8s.io',
    );
    if (old !== undefined)
      return {
        reason: 'InferencePoolUnfit',
        message: `${ruleTitle(rule)} goes to InferencePool ${String(old['name'])} of the group inference.networking.x-k8s.io (v1alpha2), and only those of ${POOL_VERSION} are split: migrate the pool, and write group: inference.networking.k8s.io in spec.rules[${rule.index}].backendRefs`,
      };
  }
  return null;
}

function notThere({ objects, spec, routes }: PoolSearch, key: string): Problem {
  const there = ofKind(objects.kinds, 'InferencePool').map(({ metadata }) => metadata.name);
  const to = ruleToPool(routes, objects.namespace);
  const by =
    spec.inferencePool !== undefined || to === null
      ? `${FIELD}.inferencePool`
      : `spec.rules[${to.rule.index}].backendRefs of ${ruleTitle(to.rule)}`;
  const crd = there.length === 0 ? `; its CRD (${POOL_VERSION}) must be installed` : '';
  return {
    reason: 'InferencePoolNotFound',
    message: `${by}: there is no InferencePool ${nameOfKey(key)} in the namespace (there are: ${list(there)}); create it or correct the name${crd}`,
  };
}

function missesPods(pool: KubeObject, podLabels: PoolSearch['podLabels']): Problem | null {
  const selector = selectorOf(pool);
  if (selects(selector, podLabels)) return null;
  return {
    reason: 'InferencePoolUnfit',
    message: `InferencePool ${pool.metadata.name} does not select the pods of both versions of the workload (spec.selector.matchLabels ${JSON.stringify(selector)}, the labels that both have are ${JSON.stringify(podLabels)}): take the labels that change out of the selector, or give both versions the labels`,
  };
}

function shared({ objects }: PoolSearch, key: string): Problem | null {
  const other = objects.sharedWith?.[key];
  if (other === undefined) return null;
  return {
    reason: 'InferencePoolUnfit',
    message: `InferencePool ${nameOfKey(key)} has the pods of Deployment ${other} behind it, too, which would get no traffic during a release: give each Deployment a pool of its own (spec.selector), and route to both`,
  };
}

/**
 * The key of the InferencePool of the workload, fit for a split: the named pool, or the only pool behind a rule that
 * selects its pods.
 */
export function findPool(search: PoolSearch): Found {
  const { objects, spec, podLabels, routes, routed } = search;
  const named =
    spec.inferencePool === undefined ? [] : [backendKey({ kind: 'InferencePool', name: spec.inferencePool })];
  const to = ruleToPool(routes, objects.namespace);
  const [key, ...more] = [named, routed, to === null ? [] : [to.key]].find((one) => one.length > 0) ?? [];
  if (key === undefined) {
    const message = `${FIELD}.pickers: no rule of a route goes to an InferencePool of the namespace (${POOL_VERSION}): name one in spec.rules[].backendRefs, or leave the field out`;
    return { problem: { reason: 'NoRouteToService', message } };
  }
  if (more.length > 0) {
    const message = `${FIELD}.inferencePool: routes go to InferencePools ${list([key, ...more].map(nameOfKey))}, which all select the pods of the workload; name the pool to split`;
    return { problem: { reason: 'SeveralServices', message } };
  }
  const name = nameOfKey(key);
  const pool = ofKind(objects.kinds, 'InferencePool').find(({ metadata }) => metadata.name === name);
  if (pool === undefined) return { problem: notThere(search, key) };
  const problem =
    missesPods(pool, podLabels) ?? shared(search, key) ?? pickerProblem(objects, spec.pickers, pool);
  return problem === null ? { service: key } : { problem };
}
