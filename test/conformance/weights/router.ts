import type { KubeObject } from '../../../src/api/meta.ts';
import {
  ofKind,
  type RouteContext,
  type RouteHolder,
  type RouteRequest,
} from '../../../src/traffic/context.ts';
import type { RouteGoal, RouteWrite } from '../../../src/traffic/goal.ts';
import { asObject, sameJson } from '../../../src/traffic/json.ts';
import type { Problem } from '../../../src/traffic/reasons.ts';
import type { Router } from '../../../src/traffic/router.ts';
import { DECLARATION, type NoPlan, WEIGHTS, type WeightsTraffic } from './declaration.ts';
import { ownerOf, patchTo, serviceOf, type WeightsByHash, weightsOf } from './object.ts';

type Context = RouteContext<WeightsTraffic, NoPlan>;
type Request<Owner> = RouteRequest<WeightsTraffic, Owner>;

const find = ({ objects, spec }: Pick<Context, 'objects' | 'spec'>): KubeObject | null =>
  ofKind(objects.kinds, WEIGHTS.kind).find(({ metadata }) => metadata.name === spec.object) ?? null;

/** The weights that a goal asks for; null are none. */
function wanted({ versions: { stable, canary } }: Context, goal: RouteGoal): WeightsByHash | null {
  if (goal.kind === 'withdrawn') return { [stable]: 100 };
  if (goal.kind !== 'split') return null;
  if (goal.weight === 0) return { [stable]: 100 };
  return goal.weight === 100 ? { [canary]: 100 } : { [stable]: 100 - goal.weight, [canary]: goal.weight };
}

const isOthers = (object: KubeObject, { spec }: RouteHolder): boolean =>
  ![undefined, spec.rollout].includes(ownerOf(object));

function differs(context: Context, object: KubeObject, goal: RouteGoal): boolean {
  const weights = wanted(context, goal);
  const owner = weights === null ? undefined : context.owner.spec.rollout;
  return (
    !isOthers(object, context.owner) && !(sameJson(weightsOf(object), weights) && ownerOf(object) === owner)
  );
}

const problem = (reason: Problem['reason'], message: string): { readonly problem: Problem } => ({
  problem: { reason, message },
});

/** Puts back what a release has left, of whichever version. */
function restored(request: Request<RouteHolder>): readonly RouteWrite[] {
  const object = find(request);
  if (object === null || isOthers(object, request.owner)) return [];
  if (weightsOf(object) === null && ownerOf(object) === undefined) return [];
  return [{ op: 'patch', target: object, patch: patchTo(object, null, '') }];
}

const withoutWeights = ({ spec, metadata }: KubeObject): unknown => {
  const { weights: _weights, ...rest } = asObject(spec);
  return [rest, metadata.labels, metadata.deletionTimestamp];
};

/** A router for one kind of object with a map of weights: no subsets, nothing to prepare, nothing to remember. */
export const weightsRouter: Router<WeightsTraffic, NoPlan> = {
  ...DECLARATION,
  isShift: (previous, object) => sameJson(withoutWeights(previous), withoutWeights(object)),
  uses: ({ spec }, { kind, metadata }) => kind === WEIGHTS.kind && metadata.name === spec.object,
  isSplit: (object) => object.kind === WEIGHTS.kind && weightsOf(object) !== null,
  selects: (objects, hash) => ofKind(objects, WEIGHTS.kind).some((one) => hash in (weightsOf(one) ?? {})),
  find: ({ objects }) => ({
    found: ofKind(objects.kinds, WEIGHTS.kind).map((one) => {
      const { name } = one.metadata;
      return { kind: WEIGHTS.kind, name, service: serviceOf(one), spec: { object: name } };
    }),
    problems: [],
  }),
  preflight(request) {
    const object = find(request);
    if (object === null)
      return problem(
        'RouteNotFound',
        `traffic.weights.object: there is no Weights ${request.spec.object}; create it`,
      );
    if (isOthers(object, request.owner))
      return problem(
        'TrafficOwned',
        `Rollout ${ownerOf(object)} shifts the traffic; wait until it has ended`,
      );
    return { plan: { service: serviceOf(object), data: {} } };
  },
  leftovers: (request) => ({ writes: restored(request), problem: null }),
  own: () => [],
  isBypassed: () => false,
  warnings: () => [],
  compare(context, goal) {
    const object = find(context);
    const isSplit = goal.kind === 'split';
    if (object === null)
      return isSplit
        ? {
            kind: 'broken',
            reason: 'RouteNotFound',
            message: `Weights ${context.spec.object} was deleted: create it`,
          }
        : { kind: 'asDesired' };
    if (!differs(context, object, goal)) return { kind: 'asDesired' };
    const { kind, metadata } = object;
    const written = {
      kind,
      name: metadata.name,
      field: 'spec.weights',
      version: metadata.resourceVersion ?? '',
    };
    const toCanary =
      (weightsOf(object)?.[context.versions.canary] ?? 0) > 0 ? ({ toCanary: true } as const) : {};
    return { kind: 'differs', part: 'routes', what: 'weights', written, ...toCanary };
  },
  writes(context, goal) {
    const object = find(context);
    if (object === null || !differs(context, object, goal)) return [];
    const patch = patchTo(object, wanted(context, goal), context.owner.spec.rollout);
    return [{ op: 'patch', target: object, patch }];
  },
};
