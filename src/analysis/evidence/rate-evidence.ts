import type { Expectation, Possible } from './expectation.ts';
import { after, type Belief, type Motion, motionOf, unknown } from './frailty.ts';
import { logSum } from './log-sum.ts';
import { rateOf, type Span, type Tally } from './tally.ts';

/** What the canary is suspected of. */
export interface Question {
  /** The greatest rate that is allowed where stable's is `rate`. */
  readonly allowed: (rate: number) => number;
  /** Rates to detect, as multiples of what is allowed: all above 1, or all below where the canary may be better. */
  readonly times: readonly number[];
}

/** Long-run rates of stable that are tried, as multiples of the observed one … */
const AROUND: readonly number[] = [0.35, 0.6, 0.85, 1, 1.2, 1.5, 2, 3, 5, 9, 20];
/** … and of a likely one, in case that stable has a spell of luck. */
const LIKELY: readonly number[] = [0.4, 1, 2.5];
/** Rates closer than this are the same. */
const APART = 1.05;
/** Rates of stable that are less likely than the best one by more than this add nothing to the evidence. */
const NEGLIGIBLE = 2.5;
/** Spanes before the newest at which a fault may have begun. */
const AGO: readonly number[] = [1, 2, 4, 8, 16];
/** Below this, no noise is needed as an excuse: counts alone are within chance. */
const NOTABLE = 4.5;
/** Trouble that is shared may hit one version so many times as hard. */
const UNEQUAL = 2;
/** Bad requests that stable is assumed to have had beside those of a span. */
const PSEUDO = 5;

function total(tallies: readonly Tally[]): Tally {
  return tallies.reduce((sum, { events, bad }) => ({ events: sum.events + events, bad: sum.bad + bad }), {
    events: 0,
    bad: 0,
  });
}

function ratesOf(spans: readonly Span[], { likely }: Expectation): number[] {
  const { events, bad } = total(spans.map(({ stable }) => stable));
  const seen = (bad + 0.5) / (events + 50);
  const all = [...AROUND.map((times) => times * seen), ...LIKELY.map((times) => times * likely)]
    .filter((rate) => rate < 0.95)
    .map((rate) => Math.max(1e-6, rate))
    .toSorted((a, b) => a - b);
  return all.filter((rate, at) => at === 0 || rate > (all[at - 1] ?? 0) * APART);
}

/** The course of both versions if stable has one rate and the canary what is allowed by it. */
interface Course {
  /** Log likelihood of stable, with the weight of the rate. */
  readonly stable: number;
  /** What is allowed in each span, and how much of that the noise is about. */
  readonly levels: readonly number[];
  readonly parts: readonly number[];
  /** What is believed of the canary before each span, and after the last. */
  readonly canary: readonly Belief[];
}

/** The rate that stable has in the middle one of the spans. */
function commonRate(spans: readonly Span[]): number {
  const rates = spans.map(({ stable }) => rateOf(stable)).toSorted((a, b) => a - b);
  return rates[rates.length >> 1] ?? 0;
}

/** What is allowed in a span, and how much of that the noise is about. */
interface Level {
  readonly level: number;
  readonly part: number;
}

/**
 * What is allowed in a span. Where stable is far from its long-run rate and from its common one, the trouble may be shared, in whole or in part:
 * up to what stable's present rate allows, the canary has what it has. Where the canary may be better, only a stable that
 * has less trouble counts.
 */
function levelOf(
  [rate, common]: readonly [number, number],
  { cv }: Possible,
  { canary, stable }: Span,
  { allowed, times }: Question,
): Level {
  const usual = allowed(rate);
  const worse = (times[0] ?? 2) > 1;
  const now = (stable.bad + PSEUDO) / (stable.events + PSEUDO / rate);
  if (worse ? now <= Math.max(rate, common) * (1 + cv) : now >= Math.min(rate, common) / (1 + cv))
    return { level: usual, part: Math.min(1, rate / usual) };
  if (allowed(now) === usual) return { level: usual, part: Math.min(1, rate / usual) };
  const shared = worse ? UNEQUAL * allowed(now) : allowed(now);
  const ends: readonly [number, number] = usual < shared ? [usual, shared] : [shared, usual];
  const level = Math.min(ends[1], Math.max(ends[0], rateOf(canary)));
  return { level, part: Math.min(1, now / allowed(now)) };
}

/** A canary on the right side of a rate is so for good, not for a while: it is not expected to return to that rate. */
function oneSided(belief: Belief, worse: boolean): Belief {
  const wrong = worse ? belief.mean < 1 : belief.mean > 1;
  return wrong ? { ...belief, mean: 1 } : belief;
}

function courseOf(
  spans: readonly Span[],
  question: Question,
  noise: Possible,
  motions: readonly Motion[],
  rate: number,
): Course {
  const { allowed, times } = question;
  const worse = (times[0] ?? 2) > 1;
  const common = commonRate(spans);
  const [levels, parts]: [number[], number[]] = [[], []];
  const canary: Belief[] = [unknown(noise, rate / allowed(rate))];
  let stable = unknown(noise, 1);
  for (const [at, one] of spans.entries()) {
    const motion = motions[at] ?? { keeps: 0, cv2: 0 };
    stable = after(stable, motion, one.stable, rate, 1);
    const { level, part } = levelOf([rate, common], noise, one, question);
    levels.push(level);
    parts.push(part);
    canary.push(oneSided(after(canary.at(-1) ?? stable, motion, one.canary, level, part), worse));
  }
  return { stable: stable.log, levels, parts, canary };
}

/** Log likelihood of the canary if from span `from` on it has `times` what is allowed. */
function faultLog(
  spans: readonly Span[],
  { levels, parts, canary: beliefs }: Course,
  motions: readonly Motion[],
  from: number,
  times: number,
): number {
  let belief = beliefs[from] ?? { mean: 1, spread: 0.01, log: 0 };
  for (let at = from; at < spans.length; at++) {
    const canary = spans[at]?.canary ?? { events: 0, bad: 0 };
    const rate = Math.min(1, times * (levels[at] ?? 0));
    const next = after(belief, motions[at] ?? { keeps: 0, cv2: 0 }, canary, rate, parts[at] ?? 1);
    belief = oneSided(next, times > 1);
  }
  return belief.log;
}

/** Spans for which the stake is meant: four hours of them. */
const HORIZON = 500;
/** The part of the stake on a fault from the beginning; the rest is for later ones. */
const FIRST = 0.65;

/** The log of the part that is staked on a fault that begins with span `at` of the release; they sum to 1 at most. */
function stakeOn(at: number): number {
  if (at === 0) return Math.log(FIRST);
  const later = Math.log((1 - FIRST) / (1 + Math.log(HORIZON)));
  return later - (at <= HORIZON ? Math.log(at) : Math.log(at) * 2 - Math.log(HORIZON));
}

function startsOf(spans: number, { times }: Question): number[] {
  if ((times[0] ?? 2) < 1) return [0];
  return [0, ...AGO.map((ago) => spans - ago).filter((at) => at > 0)];
}

/** How far the canary is beyond what is allowed, by counts alone: a log likelihood ratio, from any start. */
function beyondBy(spans: readonly Span[], { allowed, times }: Question): number {
  const level = allowed(rateOf(total(spans.map(({ stable }) => stable))));
  const worse = (times[0] ?? 2) > 1;
  let [most, events, bad] = [0, 0, 0];
  for (const { canary } of spans.toReversed()) {
    events += canary.events;
    bad += canary.bad;
    const expected = events * level;
    if (expected > 0 && bad > expected === worse)
      most = Math.max(most, (bad === 0 ? 0 : bad * Math.log(bad / expected)) - bad + expected);
  }
  return most;
}

/**
 * The log of the evidence that the canary is beyond what is allowed, against the best excuse: any long-run rate of
 * stable, and any noise that is expected of each version by itself, so far as both versions' counts speak for it. If one
 * of these excuses is true, the chance that the evidence ever exceeds log(1/a) is about `a`, however often it is
 * evaluated: it is a likelihood ratio of a mixture of faults against the greatest likelihood without one (universal
 * inference, Wasserman, Ramdas and Balakrishnan, arXiv 1912.11436). Negative infinity where the counts alone are within
 * chance. `before` is the number of spans of the release that have been merged into others.
 */
export function rateEvidence(
  spans: readonly Span[],
  question: Question,
  expectation: Expectation,
  before = 0,
): number {
  if (beyondBy(spans, question) < NOTABLE) return Number.NEGATIVE_INFINITY;
  const rates = ratesOf(spans, expectation);
  const starts = startsOf(spans.length, question);
  const spread = Math.log(question.times.length) + expectation.rates;
  const faults: number[] = [];
  let excuse = Number.NEGATIVE_INFINITY;
  for (const noise of expectation.noises) {
    const motions = spans.map(({ seconds }) => motionOf(noise, seconds));
    const courses = rates.map((rate) => {
      const course = courseOf(spans, question, noise, motions, rate);
      return { ...course, stable: course.stable + expectation.weigh(rate) };
    });
    const top = Math.max(...courses.map(({ stable }) => stable));
    for (const course of courses) {
      excuse = Math.max(excuse, noise.trust + course.stable + (course.canary.at(-1)?.log ?? 0));
      if (course.stable < top - NEGLIGIBLE) continue;
      for (const from of starts) {
        const stake = noise.stake + stakeOn(from === 0 ? 0 : from + before) - spread;
        for (const times of question.times)
          faults.push(stake + course.stable + faultLog(spans, course, motions, from, times));
      }
    }
  }
  return logSum(faults) - excuse;
}
