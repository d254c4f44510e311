import type { Field } from '../ledger/ledger.ts';
import type { Step, Traffic } from '../policy.ts';
import { msOf } from '../values/duration.ts';
import type { Library } from './library.ts';

/** The pace of a release, as the steps of the source give it. */
export interface Pace {
  readonly steps: readonly Step[];
  readonly gates: readonly string[];
  readonly replicas?: number;
}

/** What the steps so far have come to. */
interface Draft {
  readonly steps: { -readonly [K in keyof Step]: Step[K] }[];
  readonly gates: string[];
  /** A person must approve before the next step. */
  isGated: boolean;
  weight: number;
  replicas?: number;
}

const MOST_STEPS = 20;

function push(draft: Draft, step: Step, kind: 'weight' | 'match' | 'mirror'): void {
  draft.steps.push({ ...step });
  if (!draft.isGated) return;
  const alike = draft.steps.filter((one) => one[kind] !== undefined).length;
  draft.gates.push(kind === 'weight' ? String(step['weight']) : alike === 1 ? kind : `${kind}-${alike}`);
  draft.isGated = false;
}

function setWeight(field: Field, draft: Draft, most: number): void {
  const given = field.number();
  if (given === undefined) return;
  const weight = Math.round((given * 100) / most);
  const to = `spec.steps[${draft.steps.length}].weight`;
  if (weight < 1)
    return field.remark(
      'weight 0 is the time before the first step: the canary pods are ready, warmed up and checked without traffic',
    );
  if (weight > 100) return field.refuse('must be from 0 to 100');
  if (weight <= draft.weight)
    return field.refuse(
      `must be above ${draft.weight}, the weight before it: weights of Sluice ascend; leave the step out`,
    );
  if (draft.steps.length >= MOST_STEPS)
    return field.refuse(`a Rollout has at most ${MOST_STEPS} steps: leave some out`);
  if (most === 100) field.keep(to);
  else field.remark(`is ${weight} of 100: ${given} of maxTrafficWeight ${most}`, to);
  draft.weight = weight;
  push(draft, { weight }, 'weight');
}

function pause(field: Field, draft: Draft): void {
  const duration = field.at('duration');
  if (!duration.isGiven) {
    draft.isGated = true;
    return field.remark('a person approves before what comes next: sluice approve', 'spec.approval.at');
  }
  const ms = msOf(duration);
  const last = draft.steps.at(-1);
  if (ms === undefined) return;
  if (last === undefined)
    return duration.remark(
      'before the first weight Sluice waits until the pods are ready, warmed up and checked, and no longer',
    );
  last.bakeMs = (last.bakeMs ?? 0) + ms;
  duration.remark(
    'the shortest time of analysed traffic: it begins once the weight is in force, and a verdict may need more',
    `spec.steps[${draft.steps.length - 1}].bake`,
  );
}

function canaryScale(field: Field, draft: Draft): void {
  const replicas = field.at('replicas').number();
  field.at('matchTrafficWeight').remark('the canary has the share of pods that its weight is, by itself');
  field.at('weight').refuse('pods follow the weight, or are canary.replicas at every step');
  if (replicas === undefined) return;
  if (!Number.isInteger(replicas) || replicas < 1)
    return field.at('replicas').refuse('must be at least 1: a canary without pods has no step');
  draft.replicas = Math.max(draft.replicas ?? 0, Math.min(replicas, 1_000));
  field.at('replicas').remark('holds at every step; the greatest of several counts', 'spec.canary.replicas');
}

const ROUTES_ONLY =
  'requests are chosen and copied by routes only (Istio, the Gateway API): the share of pods has none';
const BEFORE =
  'stands after a weight: in Sluice matches and copies come before the weights; move the step to the front';

function headerRoute(field: Field, draft: Draft, traffic: Traffic): void {
  const match = field.at('match');
  field.at('name').remark('the rule is named sluice-match');
  if (!match.isGiven) return field.remark('matches end with the release');
  if (!traffic.hasRoutes) return match.refuse(ROUTES_ONLY);
  if (draft.weight > 0) return match.refuse(BEFORE);
  const to = `spec.steps[${draft.steps.length}].match`;
  const entries = match.items().flatMap((one) => {
    const name = one.at('headerName').text();
    const values = (['exact', 'prefix', 'regex'] as const).flatMap((key) => {
      const text = one.at('headerValue', key).text();
      return text === undefined || text === '' ? [] : [[key, text] as const];
    });
    const [value] = values;
    if (
      name === undefined ||
      value === undefined ||
      !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) ||
      /^(?:cookie|host)$/i.test(name)
    ) {
      one.refuse('must be one condition on one header; conditions on cookies stand in match[].cookies');
      return [];
    }
    one.keep(to);
    return [{ headers: { [name]: { [value[0]]: value[1] } } }];
  });
  if (entries.length > 0) push(draft, { match: entries.slice(0, 16) }, 'match');
}

function mirrorRoute(field: Field, draft: Draft, traffic: Traffic): void {
  field.at('name').remark('Sluice puts the copy at the route that it splits');
  const percentage = field.at('percentage');
  if (!percentage.isGiven && !field.at('match').isGiven) return field.remark('copies end with their step');
  if (!traffic.hasRoutes) return field.refuse(ROUTES_ONLY);
  if (draft.weight > 0) return field.refuse(BEFORE);
  field.at('match').refuse('copies are of all requests of the route, not of chosen ones');
  const percent = percentage.number() ?? 100;
  if (!Number.isInteger(percent) || percent < 1 || percent > 100)
    return percentage.refuse('must be a whole number from 1 to 100');
  percentage.keep(`spec.steps[${draft.steps.length}].mirror`);
  push(draft, { mirror: percent }, 'mirror');
}

/** Reads the steps of a canary. */
export function paceOf(canary: Field, traffic: Traffic, library: Library): Pace {
  const limit = canary.at('trafficRouting', 'maxTrafficWeight');
  const most = limit.number() ?? 100;
  limit.remark('weights are percent', 'spec.steps');
  const draft: Draft = { steps: [], gates: [], isGated: false, weight: 0 };
  for (const step of canary.at('steps').items()) {
    setWeight(step.at('setWeight'), draft, most > 0 ? most : 100);
    if (step.at('pause').isGiven) pause(step.at('pause'), draft);
    if (step.at('analysis').isGiven) library.take(step.at('analysis'));
    if (step.at('setCanaryScale').isGiven) canaryScale(step.at('setCanaryScale'), draft);
    if (step.at('setHeaderRoute').isGiven) headerRoute(step.at('setHeaderRoute'), draft, traffic);
    if (step.at('setMirrorRoute').isGiven) mirrorRoute(step.at('setMirrorRoute'), draft, traffic);
    step
      .at('experiment')
      .refuse(
        'experiments have no counterpart: canary and stable are compared in each window (maxIncrease), beside each other for a time by spec.abTest',
      );
    step
      .at('plugin')
      .refuse(
        'steps by plugins have no counterpart: run a Job in each step (a metric with job), or ask a webhook',
      );
    step.at('replicaProgressThreshold').refuse('a step begins when all its pods are ready');
  }
  if (draft.isGated) draft.gates.push('promotion');
  return {
    steps: draft.steps,
    gates: draft.gates,
    ...(draft.replicas !== undefined && { replicas: draft.replicas }),
  };
}
