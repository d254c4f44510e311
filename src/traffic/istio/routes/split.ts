import { canonical } from '../../../api/values/canonical.ts';
import type { Group } from '../../chosen/sticky.ts';
import { asObject, asString, type Json } from '../../json.ts';
import { withoutCookie } from './cookie.ts';

/** Name of our subset with the pods of stable. */
export const STABLE = 'sluice-stable';
/** Name of our subset with the pods of the canary. */
export const CANARY = 'sluice-canary';

/** Host of a weighted destination. */
export function hostOf(destination: Json): string {
  return asString(asObject(destination['destination'])['host']) ?? '';
}

/** Subset of a weighted destination. */
export function subsetOf(destination: Json): string | undefined {
  return asString(asObject(destination['destination'])['subset']);
}

/** Whether a subset of ours is named anywhere in the spec of a VirtualService. */
export function namesSubsets(spec: unknown): boolean {
  const text = JSON.stringify(spec) ?? '';
  return text.includes(JSON.stringify(STABLE)) || text.includes(JSON.stringify(CANARY));
}

/** Weight of one of several destinations; a missing one is 0, as Istio reads it. */
function weightOf(destination: Json): number {
  const weight = destination['weight'];
  return typeof weight === 'number' && Number.isInteger(weight) && weight > 0 ? weight : 0;
}

/** The fraction of a list for a destination: a single destination gets everything, whatever its weight. */
export function shareOf(destinations: readonly Json[], destination: Json): number {
  return destinations.length === 1 ? 100 : weightOf(destination);
}

/** The split of a list, for people. */
export function shownShares(destinations: readonly Json[]): string {
  return destinations
    .map((one) => `${subsetOf(one) ?? 'no subset'}: ${shareOf(destinations, one)}`)
    .join(', ');
}

function onSubset(destination: Json, subset: string): Json {
  return { ...destination, destination: { ...asObject(destination['destination']), subset } };
}

/**
 * The same for clients that stay with their version: each destination of the workload becomes one for each group of them,
 * which gives its clients the cookie of the group.
 */
export function splitClients(
  destinations: readonly Json[],
  isMine: (destination: Json) => boolean,
  {
    groups,
    cookie,
  }: { readonly groups: readonly Group[]; readonly cookie: (one: Json, from: number) => Json },
): readonly Json[] {
  const shares = destinations.filter(isMine).map((one) => shareOf(destinations, one));
  const factor = groups.reduce((least, { size }) => lcm(least, factorFor(shares, size)), 1);
  return destinations.flatMap((one) => {
    const share = shareOf(destinations, one) * factor;
    if (!isMine(one)) return factor === 1 ? [one] : [{ ...one, weight: share }];
    if (share === 0) return [onSubset(one, STABLE)];
    return groups.map(({ size, from, isCanary }) => ({
      ...cookie(onSubset(one, isCanary ? CANARY : STABLE), from),
      weight: (share * size) / 100,
    }));
  });
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const lcm = (a: number, b: number): number => (a * b) / gcd(a, b);

/** The smallest factor for all weights that makes every split a whole number. */
function factorFor(shares: readonly number[], weight: number): number {
  const common = shares.reduce((sum, share) => gcd(sum, share * weight), 100);
  return 100 / common;
}

/**
 * The user's destinations with those of the workload split between stable and canary: `weight` percent of each goes to
 * the canary. Other destinations are kept; everything else of a destination (port, headers) is on both halves. Weights
 * are relative in Istio: their sum stays the same if the halves are whole numbers; otherwise all weights of the list
 * are multiplied.
 *
 * At 0 there is only the stable half, with the user's own weight, and at 100 only the canary. A pair of 100 and 0 would
 * be the same to Envoy, but removing the other half from it leaves a single destination of weight 0, which gets
 * everything.
 */
export function split(
  destinations: readonly Json[],
  isMine: (destination: Json) => boolean,
  weight: number,
): readonly Json[] {
  if (weight <= 0 || weight >= 100) {
    const subset = weight <= 0 ? STABLE : CANARY;
    return destinations.map((one) => (isMine(one) ? onSubset(one, subset) : one));
  }
  const shares = destinations.filter(isMine).map((one) => shareOf(destinations, one));
  const factor = factorFor(shares, weight);
  return destinations.flatMap((one) => {
    const share = shareOf(destinations, one) * factor;
    if (!isMine(one)) return factor === 1 ? [one] : [{ ...one, weight: share }];
    if (share === 0) return [onSubset(one, STABLE)];
    const canary = (share * weight) / 100;
    return [
      { ...onSubset(one, STABLE), weight: share - canary },
      { ...onSubset(one, CANARY), weight: canary },
    ];
  });
}

/** A destination without the weight, the subset and the cookie, which a split changes. */
function nature(destination: Json): string {
  const { weight: _weight, ...rest } = withoutCookie(destination);
  const { subset: _subset, ...target } = asObject(destination['destination']);
  return canonical({ ...rest, destination: target });
}

/** The identity of a list of destinations, split or not. */
export function natureOf(destinations: readonly Json[]): string {
  return JSON.stringify([...new Set(destinations.map(nature))]);
}

/**
 * The list without our subsets, if its original is unknown: somebody copied a split route. Halves are merged again; a
 * single destination needs no weight.
 */
export function collapse(
  destinations: readonly Json[],
  isOurs: (destination: Json) => boolean,
): readonly Json[] {
  const whole = new Map<string, Json>();
  for (const [index, one] of destinations.entries()) {
    const key = isOurs(one) ? nature(one) : String(index);
    const before = whole.get(key);
    const weight = shareOf(destinations, one) + (before === undefined ? 0 : weightOf(before));
    whole.set(key, isOurs(one) ? { ...withoutSubset(one), weight } : one);
  }
  const merged = [...whole.values()];
  return merged.length === 1 ? merged.map(withoutWeight) : merged;
}

function withoutSubset(destination: Json): Json {
  const { subset: _subset, ...target } = asObject(destination['destination']);
  return { ...withoutCookie(destination), destination: target };
}

function withoutWeight(destination: Json): Json {
  const { weight: _weight, ...rest } = destination;
  return rest;
}
