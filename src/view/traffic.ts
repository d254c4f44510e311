import type { Release } from '../api/release/release.ts';
import { matchesText } from '../api/rollout/match.ts';
import { goalWeight, routeGoal } from '../release/desired.ts';
import type { RouteGoal } from '../traffic/goal.ts';
import { isOver } from './place.ts';
import type { TrafficView, VersionView } from './release-view.ts';

/** Percentage of the canary's pods among all ready pods; undefined if unknown. */
function shareOfPods(versions: readonly VersionView[]): number | undefined {
  const [stable, canary] = (['stable', 'canary'] as const).map(
    (role) => versions.find((one) => one.role === role)?.ready,
  );
  if (stable === undefined || canary === undefined || stable + canary === 0) return undefined;
  return Math.round((100 * canary) / (stable + canary));
}

/**
 * The routes do not name versions: the canary's part depends on its pods, and ReplicaSets are more precise than the
 * status.
 */
function sharedWeight({ status }: Release, versions: readonly VersionView[]): number {
  const { phase, handedOver, weight = 0 } = status ?? {};
  const known = shareOfPods(versions);
  if (known !== undefined) return known;
  return phase === 'Promoting' && handedOver === true ? 100 : weight;
}

function trafficText(canary: number, isShared: boolean, pods = ''): string {
  if (canary === 100) return 'all to the new version';
  return `canary ${isShared ? 'about ' : ''}${canary} %, stable ${100 - canary} %${pods}`;
}

type Beside = Pick<TrafficView, 'chosenBy' | 'mirror'>;

function besideOf(goal: RouteGoal | null): Beside {
  const { match, mirror } = goal?.kind === 'split' ? goal : {};
  return {
    ...(match === undefined ? {} : { chosenBy: matchesText(match) }),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

function besideTexts({ chosenBy, mirror }: Beside): string[] {
  return [
    ...(chosenBy === undefined ? [] : [`canary also all that are chosen by ${chosenBy}`]),
    ...(mirror === undefined ? [] : [`copies of ${mirror} % to the canary, whose answers reach nobody`]),
  ];
}

const alone = (canary: 0 | 100, text: string): TrafficView => ({
  stable: 100 - canary,
  canary,
  isShared: false,
  text,
});

/** The pods that divide the traffic, as the end of a sentence; empty if they are unknown. */
function podsText(versions: readonly VersionView[]): string {
  const [stable, canary] = (['stable', 'canary'] as const).map(
    (role) => versions.find((one) => one.role === role)?.ready,
  );
  if (stable === undefined || canary === undefined) return '';
  return ` (${canary} of ${stable + canary} ready pods)`;
}

/** Where no route tells the versions apart, each has the share of its ready pods. */
function byPods(release: Release, versions: readonly VersionView[]): TrafficView {
  const canary = sharedWeight(release, versions);
  const { rounding } = release.spec;
  return {
    stable: 100 - canary,
    canary,
    isShared: true,
    text: trafficText(canary, false, podsText(versions)),
    ...(rounding === undefined ? {} : { rounding }),
  };
}

/** Who gets the traffic, by the routes that this status asks for. */
export function trafficView(release: Release | null, versions: readonly VersionView[]): TrafficView {
  const { status } = release ?? {};
  if (status?.phase === 'Promoted') return alone(100, 'the new version has all of it');
  if (release === null || status === undefined || isOver(release)) return alone(0, 'stable has all of it');
  if (release.spec.shares === 'pods') return byPods(release, versions);
  const goal = routeGoal(status);
  const given = goal === null ? status.weight : goalWeight(goal);
  const canary = given ?? sharedWeight(release, versions);
  const isShared = given === null && canary > 0 && canary < 100;
  const beside = besideOf(goal);
  const text = [trafficText(canary, isShared), ...besideTexts(beside)].join('; ');
  return { stable: 100 - canary, canary, isShared, ...beside, text };
}
