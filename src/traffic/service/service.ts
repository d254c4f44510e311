import type { RouteContext } from '../context.ts';
import type { RouteGoal, RouteState } from '../goal.ts';
import type { Router } from '../router.ts';
import { SERVICE } from './declaration.ts';
import { findService, findServices, serviceOver } from './find.ts';
import type { ServicePlan, ServiceTraffic } from './spec.ts';

/** Pods have their share by being ready; only where the Service no longer reaches them is it lost. */
function compare(context: RouteContext<ServiceTraffic, ServicePlan>, goal: RouteGoal): RouteState {
  const { service } = context.plan;
  if (goal.kind !== 'split' || serviceOver(context, service) !== null) return { kind: 'asDesired' };
  return {
    kind: 'broken',
    reason: 'ServiceNotFound',
    message: `Service ${service} is gone, or selects the pods of the workload no longer: create it or correct its spec.selector`,
  };
}

/**
 * No mesh: a plain Service spreads requests over all ready pods, so that the number of pods is the share. The router
 * reads the Service and writes nothing.
 */
export const serviceRouter: Router<ServiceTraffic, ServicePlan> = {
  ...SERVICE,
  isShift: () => false,
  uses: () => false,
  isSplit: () => false,
  selects: () => false,
  find: findServices,
  preflight(request) {
    const found = findService(request);
    return 'problem' in found ? found : { plan: { service: found.service.metadata.name, data: {} } };
  },
  leftovers: () => ({ writes: [], problem: null }),
  own: () => [],
  isBypassed: () => false,
  warnings: () => [],
  compare,
  writes: () => [],
};
