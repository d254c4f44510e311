import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import type { Traffic } from '../api/rollout/rollout.ts';
import type { Store } from '../ports/cluster.ts';
import { isFinal } from '../release/machine.ts';
import { withCurrentPlan } from '../release/status/recorded-plan.ts';
import type { KindObjects } from '../traffic/context.ts';
import type { Router } from '../traffic/router.ts';
import type { Routers } from '../traffic/routers.ts';
import type { RouteUser } from '../traffic/traces.ts';
import { deploymentsBehind } from './read/shared-service.ts';
import { recordedPlan } from './release/observe.ts';

/** Dependencies of finding the users of routes. */
export interface RouteUserDeps {
  readonly store: Store;
  readonly routers: Routers<Router>;
}

interface Using extends RouteUser {
  readonly router: Router;
  /** Its Deployment. */
  readonly workload?: string | undefined;
}

function userOf(
  routers: Routers<Router>,
  traffic: Traffic | undefined,
  more: Pick<Using, 'plan' | 'uid' | 'workload'>,
): Using | null {
  const chosen = traffic === undefined ? null : routers.choose(traffic);
  return chosen === null || 'faults' in chosen ? null : { ...chosen, ...more };
}

/** Objects of a namespace that a router reads. */
export function watchedObjects(store: Store, router: Router, namespace: string): KindObjects {
  return Object.fromEntries(router.watches.map(({ kind }) => [kind, store.list(kind, namespace)]));
}

/** A Release as a user of routes; null if it has ended, or names an unknown router. */
export function releaseUser(routers: Routers<Router>, object: KubeObject): Using | null {
  const { spec, status, metadata } = object as Partial<Release> & KubeObject;
  if (isFinal(status?.phase ?? 'Pending')) return null;
  const policy = spec?.policy;
  if (policy === undefined) return null;
  const current = status === undefined ? {} : withCurrentPlan(status, policy);
  return userOf(routers, policy.traffic, { plan: recordedPlan(current), uid: metadata.uid });
}

/** A Rollout as a user of routes, whether or not it has a release. */
export function rolloutUser(routers: Routers<Router>, object: KubeObject): Using | null {
  const { traffic, target } = (object['spec'] ?? {}) as { traffic?: Traffic; target?: { name?: string } };
  return userOf(routers, traffic, { plan: null, workload: target?.name });
}

function podLabelsOf(store: Store, namespace: string, workload: string | undefined): RouteUser['podLabels'] {
  const found = workload === undefined ? null : store.get('Deployment', namespace, workload);
  const { template } = (found?.['spec'] ?? {}) as {
    template?: { metadata?: { labels?: RouteUser['podLabels'] } };
  };
  return template?.metadata?.labels;
}

/** Rollouts whose router reads a Deployment beside its kinds: as a part of its data plane. */
export function deploymentReaders({ store, routers }: RouteUserDeps, deployment: KubeObject): KubeObject[] {
  const { namespace = '', name } = deployment.metadata;
  return store.list('Rollout', namespace).filter((rollout) => {
    const { traffic } = (rollout['spec'] ?? {}) as { traffic?: Traffic };
    const chosen = traffic === undefined ? null : routers.choose(traffic);
    if (chosen === null || 'faults' in chosen) return false;
    const services = chosen.router.deploymentsBehind?.(chosen.spec) ?? [];
    return deploymentsBehind(store, namespace, services).some(({ metadata }) => metadata.name === name);
  });
}

/** Whether a user has routes in the object. */
export function uses(store: Store, { router, workload, ...user }: Using, object: KubeObject): boolean {
  if (!router.watches.some(({ kind }) => kind === object.kind)) return false;
  const { namespace = '' } = object.metadata;
  const podLabels = podLabelsOf(store, namespace, workload);
  return router.uses({ ...user, podLabels }, object, watchedObjects(store, router, namespace));
}
