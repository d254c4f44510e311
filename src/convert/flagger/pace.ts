import type { Field, Ledger } from '../ledger/ledger.ts';
import type { Step, Traffic } from '../policy.ts';
import { msOf, spanText } from '../values/duration.ts';

/** The pace of a Canary. */
export interface Pace {
  readonly steps: readonly Step[];
  readonly pace?: Readonly<Record<string, unknown>>;
  /** The longest time that a pace of its own takes, milliseconds. */
  readonly longestMs: number;
}

const MOST_STEPS = 20;
const COOKIE = /^\^?\(\.\*\??;\)\?\(?([A-Za-z0-9][A-Za-z0-9_.-]*)=([A-Za-z0-9_.-]+)\)?\(;\.\*\)\?\$?$/;

const isWeight = (weight: number): boolean => Number.isInteger(weight) && weight >= 1 && weight <= 100;

/** Weights from one to another: the last one in any case. */
function ladder(step: number, most: number): number[] {
  const count = Math.ceil(most / step);
  return Array.from({ length: count }, (_, index) => Math.min(most, (index + 1) * step));
}

function thinned(weights: readonly number[]): number[] {
  const stride = Math.ceil(weights.length / MOST_STEPS);
  return weights.filter((_, index) => (weights.length - 1 - index) % stride === 0);
}

function weightsOf(analysis: Field): readonly number[] {
  const [given, step, limit] = [
    analysis.at('stepWeights'),
    analysis.at('stepWeight'),
    analysis.at('maxWeight'),
  ];
  const [size, most] = [step.number(), limit.number() ?? 100];
  const listed = given.items().flatMap((one) => one.number() ?? []);
  const all =
    listed.length > 0
      ? listed
      : size === undefined
        ? []
        : isWeight(size) && isWeight(most)
          ? ladder(size, most)
          : [];
  const ascending = all.filter(
    (weight, index) => isWeight(weight) && all.slice(0, index).every((before) => before < weight),
  );
  const weights = thinned(ascending);
  if (weights.length === 0) {
    for (const field of [given, step, limit]) field.refuse('must be whole numbers from 1 to 100, and ascend');
    return [];
  }
  for (const field of [given, step, limit])
    if (weights.length < all.length)
      field.remark(
        `of ${all.length} steps ${weights.length} are taken: a Rollout has at most ${MOST_STEPS}, which ascend`,
        'spec.steps',
      );
    else field.keep('spec.steps[].weight');
  return weights;
}

function conditionOf(name: string, condition: Field): object | null {
  const [value] = (['exact', 'prefix', 'regex'] as const).flatMap((key) => {
    const text = condition.at(key).text();
    return text === undefined || text === '' ? [] : [[key, text] as const];
  });
  if (value === undefined) return null;
  const [kind, text] = value;
  if (name.toLowerCase() !== 'cookie')
    return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) ? { headers: { [name]: { [kind]: text } } } : null;
  const [, cookie, content] = COOKIE.exec(text) ?? [];
  return cookie === undefined ? null : { cookies: { [cookie]: { exact: content } } };
}

/** Requests that a canary gets: an entry for each match with one condition. */
function matchesOf(match: Field, traffic: Traffic): object[] {
  if (!match.isGiven) return [];
  if (!traffic.hasRoutes) {
    match.refuse('requests are chosen by routes only (Istio, the Gateway API)');
    return [];
  }
  return match.items().flatMap((one) => {
    for (const key of ['queryParams', 'sourceLabels'])
      one.at(key).refuse('requests are chosen by headers and cookies: let the caller send a header');
    const headers = one.at('headers');
    const conditions = headers.entries().map(([name, condition]) => conditionOf(name, condition));
    const isRead = conditions.length > 0 && conditions.every((condition) => condition !== null);
    if (!isRead)
      headers.refuse(
        'must be exact, prefix or regex of a header, or a cookie as ^(.*?;)?(NAME=VALUE)(;.*)?$',
      );
    else headers.keep('spec.steps[0].match');
    const merged = conditions.reduce<Record<string, object>>((all, condition) => {
      for (const [kind, fields] of Object.entries(condition ?? {})) all[kind] = { ...all[kind], ...fields };
      return all;
    }, {});
    return isRead ? [merged] : [];
  });
}

function mirrorOf(analysis: Field, traffic: Traffic, bakeMs: number): Step[] {
  const [mirror, weight] = [analysis.at('mirror'), analysis.at('mirrorWeight')];
  if (mirror.flag() !== true) {
    mirror.keep('spec.steps');
    weight.remark('has no effect without mirror');
    return [];
  }
  const percent = weight.number() ?? 100;
  if (!traffic.hasRoutes || !isWeight(percent)) {
    for (const field of [mirror, weight])
      field.refuse('requests are copied by routes only (Istio, the Gateway API), from 1 to 100 percent');
    return [];
  }
  for (const field of [mirror, weight]) field.keep('spec.steps[0].mirror');
  return [{ mirror: percent, bakeMs }];
}

/** What steps share: how long one lasts, and how often it is repeated. */
function timesOf(analysis: Field): { readonly interval: number; readonly iterations: number | undefined } {
  const field = analysis.at('interval');
  const interval = msOf(field) ?? 60_000;
  field.remark(
    'is how long a step lasts at least (bake); metrics are judged in windows of analysis.interval, 10s by default',
    'spec.steps[].bake',
  );
  const repeated = analysis.at('iterations');
  const given = repeated.number();
  const iterations = given === undefined || given < 1 ? undefined : Math.min(1_000, given);
  repeated.remark('so many intervals are the shortest time of the step', 'bake');
  return { interval, iterations };
}

/** Reads the pace of a Canary: weights, a match, or all traffic in one step. */
export function paceOf(analysis: Field, ledger: Ledger, traffic: Traffic): Pace {
  const { interval, iterations } = timesOf(analysis);
  for (const key of ['stepWeightPromotion', 'primaryReadyThreshold', 'canaryReadyThreshold'])
    analysis
      .at(key)
      .remark(
        'there is no copy to bring up: the pods of the canary become the Deployment’s own, which replaces the others by its rolling update',
      );
  const isWeighted = analysis.at('stepWeight').isGiven || analysis.at('stepWeights').isGiven;
  const matches = matchesOf(analysis.at('match'), traffic);
  const mirrored = mirrorOf(analysis, traffic, interval);
  const whole = interval * (iterations ?? 1);
  if (iterations !== undefined && matches.length === 0) {
    for (const key of ['stepWeight', 'stepWeights', 'maxWeight'])
      analysis.at(key).remark('has no effect beside iterations');
    if (!traffic.hasRoutes) {
      ledger.note(
        'blue/green without routes: the rolling update of the Deployment, whose first pods are judged before the others follow (rollingUpdate)',
      );
      return { steps: [], pace: { rollingUpdate: { bake: spanText(whole) } }, longestMs: whole };
    }
    ledger.note(
      'blue/green: all pods of the new version beside the old ones and all traffic in one step; the old version keeps its pods for the time of the iterations, and a failing verdict gives it the traffic back',
    );
    return { steps: [], pace: { blueGreen: { scaleDownDelay: spanText(whole) } }, longestMs: whole };
  }
  const chosen: Step[] = matches.length > 0 ? [{ match: matches.slice(0, 16), bakeMs: whole }] : [];
  const weights = isWeighted ? weightsOf(analysis) : [];
  if (!isWeighted) analysis.at('maxWeight').remark('has no effect without stepWeight');
  const steps = [
    ...mirrored,
    ...chosen,
    ...weights.map((weight): Step => ({ weight, bakeMs: interval })),
  ].slice(0, MOST_STEPS);
  if (weights.length === 0 && chosen.length === 0)
    ledger.note('no weights: the default steps 10, 25 and 50 are used');
  return { steps: weights.length === 0 && chosen.length === 0 ? [] : steps, longestMs: 0 };
}
