import {
  contourGrpcRoad,
  contourRoad,
  istioGatewayRoad,
  istioGrpcRoad,
  meshRoad,
} from '../../hack/testbed/roads/gateway-api.ts';
import { inferencePoolRoad } from '../../hack/testbed/roads/inference-pool.ts';
import { istioRoad } from '../../hack/testbed/roads/istio.ts';
import type { Road } from '../../hack/testbed/roads/road.ts';
import { serviceRoad } from '../../hack/testbed/roads/service.ts';
import type { Traffic } from '../../src/api/rollout/rollout.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import { routerOf } from '../../src/traffic/routers.ts';
import { AB_TEST } from './ab-test.ts';
import { BLUE_GREEN } from './blue-green.ts';
import { BY_PODS, ROLLING_UPDATE } from './by-pods.ts';
import { CANARY } from './canary.ts';
import { BY_MATCH, BY_MIRROR } from './chosen.ts';
import type { Need, Play, Strategy } from './play.ts';

/** Every way to a model that is proven. */
export const ROADS: readonly Road[] = [
  istioRoad,
  istioGatewayRoad,
  meshRoad,
  istioGrpcRoad,
  contourRoad,
  contourGrpcRoad,
  inferencePoolRoad,
  serviceRoad,
];

/** Every way of releasing that is proven. */
export const STRATEGIES: readonly Strategy[] = [
  CANARY,
  BLUE_GREEN,
  AB_TEST,
  BY_MATCH,
  BY_MIRROR,
  BY_PODS,
  ROLLING_UPDATE,
];

/** A play of a strategy on a road. */
export interface TrafficCase {
  readonly road: Road;
  readonly strategy: Strategy;
  readonly play: Play;
}

/** Its name: `istio/canary/release`. */
export const nameOf = ({ road, strategy, play }: TrafficCase): string =>
  `${road.name}/${strategy.name}/${play.name}`;

/** Whether the router of a road and its data plane can do what is needed. */
function can({ traffic, lacks = [] }: Road, needs: readonly Need[] = []): boolean {
  const { supports } = routerOf(ROUTERS, traffic as Traffic).router;
  return needs.every((need) => supports[need] && !lacks.includes(need));
}

/** Whether a play makes sense on a road: there is a component to restart, there are clients with cookies. */
function suits(road: Road, play: Play): boolean {
  const hasCookies = road.route.kind !== 'GRPCRoute';
  return (
    (play.controlPlane !== true || road.controlPlane !== null) &&
    (play.cookies !== true || hasCookies) &&
    (play.hasHost !== true || road.hostObjects !== undefined) &&
    (play.once !== true || road === ROADS[0])
  );
}

/** Every play of every strategy on every road that divides the requests so and whose router can do what it needs. */
export const CASES: readonly TrafficCase[] = ROADS.flatMap((road) =>
  STRATEGIES.filter(({ divides, needs }) => divides === road.divides && can(road, needs)).flatMap(
    (strategy) =>
      strategy.plays
        .filter((play) => can(road, play.needs) && suits(road, play))
        .map((play) => ({ road, strategy, play })),
  ),
);
