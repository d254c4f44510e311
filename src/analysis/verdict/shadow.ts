import type { ComparedField, PodRequest, Shadow } from '../../api/analysis/check.ts';
import { ascending, chanceOfAtLeast, chanceOfMean, quantileBound, quantileOf } from '../evidence/binomial.ts';
import { jsonOf, type PodAnswer } from './golden.ts';
import { isNear, type Json, parseTolerance, sameJson, textOf, valueAt } from './json-value.ts';
import { parseIncrease, parseShare } from './margin.ts';
import { countOf, countText, latencyText, percentText } from './number-text.ts';

/** How two answers to the same request compare. */
export interface Comparison {
  /** The first difference; null if they agree. */
  readonly difference: string | null;
  /** Mean relative difference of the numbers among the fields, from 0 to 1; null where there are none. */
  readonly drift: number | null;
}

/** The result of sending a sample to both versions. */
export interface ShadowTally {
  readonly kind: 'shadow';
  /** Requests that both versions answered. */
  readonly pairs: number;
  readonly differing: number;
  /** The first difference. */
  readonly example: string | null;
  /** Requests with numbers among the fields, and the mean of their relative differences. */
  readonly drift: { readonly pairs: number; readonly mean: number };
  /** Milliseconds of the answers of both versions to the same requests. */
  readonly canaryMs: readonly number[];
  readonly stableMs: readonly number[];
}

const QUANTILE = 0.95;

function relativeDifference(a: number, b: number): number {
  const greatest = Math.max(Math.abs(a), Math.abs(b));
  return greatest === 0 ? 0 : Math.min(1, Math.abs(a - b) / greatest);
}

function fieldDifference({ path, tolerance }: ComparedField, canary: Json, stable: Json): string | null {
  const [ours, theirs] = [valueAt(canary, path), valueAt(stable, path)];
  const allowed = tolerance === undefined ? null : parseTolerance(tolerance);
  const near =
    allowed !== null &&
    typeof ours === 'number' &&
    typeof theirs === 'number' &&
    isNear(ours, theirs, allowed);
  if (near || sameJson(ours, theirs)) return null;
  return `${path === '' ? 'the answer' : path}: ${textOf(ours)} against ${textOf(theirs)} of stable`;
}

function driftOf(fields: readonly ComparedField[], canary: Json, stable: Json): number | null {
  const differences = fields.flatMap(({ path }) => {
    const [ours, theirs] = [valueAt(canary, path), valueAt(stable, path)];
    if (typeof theirs !== 'number') return [];
    return [typeof ours === 'number' ? relativeDifference(ours, theirs) : 1];
  });
  if (differences.length === 0) return null;
  return differences.reduce((sum, one) => sum + one, 0) / differences.length;
}

/** Compares the answers of both versions to one request, on the fields that count. */
export function compareAnswers(
  { method, path }: PodRequest,
  fields: readonly ComparedField[],
  canary: PodAnswer,
  stable: PodAnswer,
): Comparison {
  const [ours, theirs] = [jsonOf(canary.body), jsonOf(stable.body)];
  const status =
    canary.status === stable.status ? null : `status: ${canary.status} against ${stable.status} of stable`;
  const found =
    status ?? fields.map((field) => fieldDifference(field, ours, theirs)).find((one) => one !== null);
  const failed = canary.status !== stable.status || stable.status >= 400;
  return {
    difference: found === undefined || found === null ? null : `${method} ${path}: ${found}`,
    drift: failed ? null : driftOf(fields, ours, theirs),
  };
}

/** The result for one bound: its numbers, whether it was kept, and the probability that a breach is chance. */
interface Finding {
  readonly text: string;
  readonly kept: boolean;
  readonly proven: boolean;
}

function agreementOf(shadow: Shadow, tally: ShadowTally, alpha: number): Finding {
  const { pairs, differing, example } = tally;
  const least = parseShare(shadow.agreement) ?? 1;
  const allowed = 1 - least;
  const shown = example === null ? '' : `, such as ${example}`;
  return {
    text: `agreement ${percentText((pairs - differing) / pairs)} against at least ${percentText(least)} (${countText(differing)} of ${countOf(pairs, 'answer')} differ${shown})`,
    kept: differing <= allowed * pairs + 1e-9,
    proven: chanceOfAtLeast(pairs, differing, allowed) <= alpha,
  };
}

function driftFinding(most: string, { drift }: ShadowTally, alpha: number): Finding {
  const allowed = parseShare(most) ?? 0;
  return {
    text: `drift ${percentText(drift.mean)} against at most ${percentText(allowed)}`,
    kept: drift.mean <= allowed + 1e-12,
    proven: chanceOfMean(drift.pairs, drift.mean, allowed) <= alpha,
  };
}

function latencyFinding(most: string, { canaryMs, stableMs }: ShadowTally, alpha: number): Finding {
  const times = 1 + (parseIncrease(most)?.relative ?? 0);
  const [ours, theirs] = [ascending(canaryMs), ascending(stableMs)];
  const [canary, stable] = [quantileOf(ours, QUANTILE) ?? 0, quantileOf(theirs, QUANTILE) ?? 0];
  const least = quantileBound(ours, QUANTILE, alpha / 2, 'least');
  const greatest = quantileBound(theirs, QUANTILE, alpha / 2, 'most');
  return {
    text: `p95 ${latencyText(canary / 1_000)} against ${latencyText(stable / 1_000)} of stable (maxLatencyIncrease ${most})`,
    kept: canary <= times * stable,
    proven: least !== null && greatest !== null && least > times * greatest,
  };
}

/**
 * Judges a sample that was sent once, at a chance `alpha` that a canary within all bounds fails: a proven breach fails
 * (exact binomial, Hoeffding, ranks), a breach that may be chance is inconclusive.
 */
export function judgeTally(
  shadow: Shadow,
  tally: ShadowTally,
  alpha: number,
): { readonly verdict: 'pass' | 'fail' | 'inconclusive'; readonly message: string } {
  const { maxDrift, maxLatencyIncrease } = shadow;
  const compared = tally.drift.pairs === 0 ? undefined : maxDrift;
  const share =
    alpha / [shadow.agreement, compared, maxLatencyIncrease].filter((one) => one !== undefined).length;
  const found = [
    agreementOf(shadow, tally, share),
    ...(compared === undefined ? [] : [driftFinding(compared, tally, share)]),
    ...(maxLatencyIncrease === undefined ? [] : [latencyFinding(maxLatencyIncrease, tally, share)]),
  ];
  const text = found.map((one) => one.text).join('; ');
  if (found.some(({ proven, kept }) => proven && !kept))
    return {
      verdict: 'fail',
      message: `${text}: by chance less often than 1 in ${countText(Math.round(1 / alpha))}`,
    };
  if (found.every(({ kept }) => kept)) return { verdict: 'pass', message: text };
  const why = `beyond the bound, but that may be chance with ${countOf(tally.pairs, 'request')}: record a larger sample`;
  return { verdict: 'inconclusive', message: `${text}: ${why}` };
}
