import type { MetricState } from '../../api/release/analysis-state.ts';
import type { BucketCounts } from '../evidence/bucket-counts.ts';
import { expectationOf } from '../evidence/expectation.ts';
import { type Question, rateEvidence } from '../evidence/rate-evidence.ts';
import { percentText } from './number-text.ts';

/** A rate of failed requests, and a multiple of stable's, that no cold start explains. */
const GROSS = { share: 0.25, times: 4 } as const;
const QUESTION: Question = {
  allowed: (rate) => Math.max(GROSS.share, GROSS.times * rate),
  times: [1.5, 2.2, 3.2],
};
/** A rate that services hardly have more of. */
const USUAL = 0.02;

type Cold = NonNullable<MetricState['cold']>;

const NONE: Cold = { canary: { events: 0, bad: 0 }, stable: { events: 0, bad: 0 } };

/** The counts of cold pods with those of one more window. */
export function coldAfter(before: Cold | undefined, canary: BucketCounts, stable: BucketCounts | null): Cold {
  const sum = (one: Cold['canary'], other: BucketCounts | null): Cold['canary'] => ({
    events: one.events + (other?.events ?? 0),
    bad: one.bad + (other?.bad ?? 0),
  });
  const { canary: ours, stable: theirs } = before ?? NONE;
  return { canary: sum(ours, canary), stable: sum(theirs, stable) };
}

/** Why cold pods are rolled back, or null: at a chance of `alpha` that they are just cold. */
export function grossFault({ canary, stable }: Cold, alpha: number): string | null {
  const log = rateEvidence([{ seconds: 30, canary, stable }], QUESTION, expectationOf(undefined, USUAL, 1));
  return log >= -Math.log(alpha)
    ? `worse than any cold start (${percentText(GROSS.share)} and ${GROSS.times} times stable)`
    : null;
}
