import { canonical } from '../../../api/values/canonical.ts';
import type { Group } from '../../chosen/sticky.ts';
import { asString, type Json } from '../../json.ts';
import { isPool, nameOfKey } from '../services/backend.ts';
import { VERSIONS, type Version, versionName } from '../services/names.ts';
import { withoutCookie } from './cookie.ts';
import { weightOf } from './rule.ts';
import type { View } from './view.ts';

/** Maximum weight of a backend, by the specification. */
const MOST_WEIGHT = 1_000_000;

/** The backends of a rule with their weights, for people. */
export function shownShares(refs: readonly Json[]): string {
  return refs.map((one) => `${asString(one['name']) ?? '?'}: ${weightOf(one)}`).join(', ');
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The smallest factor for all weights that makes every split a whole number. */
function factorFor(shares: readonly number[], weight: number): number {
  return 100 / shares.reduce((sum, share) => gcd(sum, share * weight), 100);
}

const lcm = (a: number, b: number): number => (a * b) / gcd(a, b);

function onVersion(view: View, ref: Json, version: Version): Json {
  const service = view.pairOf(ref)?.service;
  return service === undefined ? ref : { ...ref, name: versionName(nameOfKey(service), version) };
}

/** Weights that the specification allows; a weight above 0 stays above 0. */
function fitting(refs: readonly Json[]): readonly Json[] {
  const most = Math.max(0, ...refs.map(weightOf));
  if (most <= MOST_WEIGHT) return refs;
  const fit = (weight: number): number =>
    weight === 0 ? 0 : Math.max(1, Math.round((weight * MOST_WEIGHT) / most));
  return refs.map((one) => ({ ...one, weight: fit(weightOf(one)) }));
}

const unused = (ref: Json): Json => ({ ...ref, weight: 0 });

/** The versions of a backend, which get nothing. */
function idle(view: View, ref: Json, versions: readonly Version[]): readonly Json[] {
  return versions.map((version) => unused(onVersion(view, ref, version)));
}

/**
 * The user's backends, with our Services beside them. Those get nothing, but are known to the data plane when they get
 * their first weight: some learn of routes and of backends on separate ways, and fail requests to a backend that they do
 * not know yet.
 */
export function prepared(refs: readonly Json[], view: View): readonly Json[] {
  return refs.flatMap((one) => (view.isMine(one) ? [one, ...idle(view, one, VERSIONS)] : [one]));
}

/**
 * Of several InferencePools in a rule, Istio up to 1.31.0 lets the picker of the last one with a weight choose for all, so
 * that a pool without ready pods there would fail the requests of every version.
 */
const stableLast = (view: View, ref: Json, halves: readonly Json[]): readonly Json[] =>
  isPool(view.pairOf(ref)?.service ?? '') ? halves.toReversed() : halves;

/**
 * The user's backends with those of the workload split between stable and canary: `weight` percent of each goes to the
 * canary. Other backends are kept; everything else of a backend (port, filters) is on both halves. Weights are relative:
 * those of a lone backend are percent; else their sum stays the same if the halves are whole numbers, and otherwise all
 * weights of the list are multiplied.
 *
 * At 0 stable has the user's own weight, and at 100 the canary. What gets nothing stays in the list with weight 0, the
 * user's Service too, so that no change of weights names a backend for the first time.
 */
export function split(refs: readonly Json[], view: View, weight: number): readonly Json[] {
  if (weight <= 0 || weight >= 100) {
    const [all, none] = weight <= 0 ? (['stable', 'canary'] as const) : (['canary', 'stable'] as const);
    return refs.flatMap((one) =>
      view.isMine(one)
        ? stableLast(view, one, [onVersion(view, one, all), ...idle(view, one, [none]), unused(one)])
        : [one],
    );
  }
  const isLone = refs.length === 1;
  const factor = isLone ? 1 : factorFor(refs.filter(view.isMine).map(weightOf), weight);
  const halves = refs.flatMap((one) => {
    const share = isLone && weightOf(one) > 0 ? 100 : weightOf(one) * factor;
    if (!view.isMine(one)) return factor === 1 ? [one] : [{ ...one, weight: share }];
    const canary = (share * weight) / 100;
    return stableLast(view, one, [
      { ...onVersion(view, one, 'stable'), weight: share - canary },
      { ...onVersion(view, one, 'canary'), weight: canary },
      unused(one),
    ]);
  });
  return fitting(halves);
}

/**
 * The same for clients that stay with their version: each backend of the workload becomes one for each group of them,
 * which gives its clients the cookie of the group.
 */
export function splitClients(
  refs: readonly Json[],
  view: View,
  {
    groups,
    cookie,
  }: { readonly groups: readonly Group[]; readonly cookie: (ref: Json, from: number) => Json },
): readonly Json[] {
  const isLone = refs.length === 1;
  const shares = refs.filter(view.isMine).map(weightOf);
  const factor = isLone ? 1 : groups.reduce((least, { size }) => lcm(least, factorFor(shares, size)), 1);
  const parts = refs.flatMap((one) => {
    const share = isLone && weightOf(one) > 0 ? 100 : weightOf(one) * factor;
    if (!view.isMine(one)) return factor === 1 ? [one] : [{ ...one, weight: share }];
    const each = groups.map(({ size, from, isCanary }) => ({
      ...cookie(onVersion(view, one, isCanary ? 'canary' : 'stable'), from),
      weight: (share * size) / 100,
    }));
    return [...each, unused(one)];
  });
  return fitting(parts);
}

/** The user's backends with all requests of the workload at one version: for rules of ours. */
export function onlyAt(refs: readonly Json[], view: View, version: Version): readonly Json[] {
  return refs.map((one) => (view.isMine(one) ? onVersion(view, one, version) : one));
}

/** A backend without what a split changes. */
function nature(view: View, ref: Json): string {
  const { weight: _weight, ...rest } = withoutCookie(ref);
  const pair = view.pairOf(ref);
  return canonical({ ...rest, name: pair === undefined ? ref['name'] : nameOfKey(pair.service) });
}

/** The identity of a list of backends, split or not. */
export function natureOf(view: View, refs: readonly Json[]): string {
  return JSON.stringify([...new Set(refs.map((one) => nature(view, one)))]);
}

/** The list without our Services, if its original is unknown: somebody copied a split rule. Halves are merged again. */
export function collapse(view: View, refs: readonly Json[]): readonly Json[] {
  const whole = new Map<string, Json>();
  for (const [index, one] of refs.entries()) {
    const pair = view.pairOf(one);
    const key = pair === undefined ? String(index) : nature(view, one);
    const before = whole.get(key);
    const weight = weightOf(one) + (before === undefined ? 0 : weightOf(before));
    whole.set(
      key,
      pair === undefined ? one : { ...withoutCookie(one), name: nameOfKey(pair.service), weight },
    );
  }
  const merged = [...whole.values()];
  return merged.length === 1 ? merged.map((one) => (view.isMine(one) ? { ...one, weight: 1 } : one)) : merged;
}
