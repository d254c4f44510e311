import {
  contourGrpcRoad,
  contourRoad,
  istioGatewayRoad,
  istioGrpcRoad,
  meshRoad,
} from '../../hack/testbed/roads/gateway-api.ts';
import { istioRoad } from '../../hack/testbed/roads/istio.ts';
import type { Road } from '../../hack/testbed/roads/road.ts';
import { serviceRoad } from '../../hack/testbed/roads/service.ts';
import { BY_PODS, ROLLING_UPDATE } from './by-pods.ts';
import { CANARY } from './canary.ts';
import type { Play, Strategy } from './play.ts';

/** Every way to a model that is proven. */
export const ROADS: readonly Road[] = [
  istioRoad,
  istioGatewayRoad,
  meshRoad,
  istioGrpcRoad,
  contourRoad,
  contourGrpcRoad,
  serviceRoad,
];

/** Every way of releasing that is proven. */
export const STRATEGIES: readonly Strategy[] = [CANARY, BY_PODS, ROLLING_UPDATE];

/** A play of a strategy on a road. */
export interface TrafficCase {
  readonly road: Road;
  readonly strategy: Strategy;
  readonly play: Play;
}

/** Its name: `istio/canary/release`. */
export const nameOf = ({ road, strategy, play }: TrafficCase): string =>
  `${road.name}/${strategy.name}/${play.name}`;

/** Every play of every strategy on every road that divides the requests so; without those for which it has no component. */
export const CASES: readonly TrafficCase[] = ROADS.flatMap((road) =>
  STRATEGIES.filter(({ divides }) => divides === road.divides).flatMap((strategy) =>
    strategy.plays
      .filter(({ controlPlane }) => controlPlane !== true || road.controlPlane !== null)
      .map((play) => ({ road, strategy, play })),
  ),
);
