import type { WriteOutcome } from './fates.ts';
import { calm, type HappeningName, happen } from './happenings.ts';
import { Witness } from './invariants.ts';
import { ISTIO_ROUTING, ON_TEST_HOST, type Routing, SERVICE_ROUTING, TESTERS } from './routing.ts';
import { wrongSpans } from './traces.ts';
import { World } from './world.ts';

/** A world, and what people and faults do to it. */
export interface Plan {
  readonly replicas: number;
  readonly weights: readonly number[];
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly onAbort: 'hold' | 'revert';
  readonly onNewRevision: 'supersede' | 'queue';
  readonly failures: number;
  /** No mesh: a plain Service, or a guarded rolling update without any router. */
  readonly plain?: 'service' | 'update';
  /** The pods are sent what a ConfigMap has before they count. */
  readonly warmUp: boolean;
  /** Ticks from the push on in which no ConfigMap can be read. */
  readonly unreadable: number;
  readonly eager: boolean;
  /** Clients stay with their version. */
  readonly sticky?: boolean;
  /** Steps before the weights. */
  readonly first?: readonly ('match' | 'mirror')[];
  /** Testers are chosen by their host, where the routes have one; else by a header. */
  readonly byHost?: boolean;
  /** In place of steps and weights. */
  readonly strategy?: 'steps' | 'blueGreen' | 'abTest';
  /** At a tick, or right before the n-th write of the controller: in the middle of a pass. */
  readonly happenings: readonly {
    readonly what: HappeningName;
    readonly at: number;
    readonly inPass: boolean;
  }[];
  readonly fates: readonly {
    readonly fate: Exclude<WriteOutcome, undefined | (() => void)>;
    readonly at: number;
  }[];
}

const BODY = { configMap: 'sluice-warm-up', key: 'body' };
/** Short deadlines, so that every wait ends within a play. */
const DEADLINES = { start: '30s', step: '30s', promotion: '60s', drain: '20s' };
const WARM_UP = { canary: { warmUp: { requests: 1, bodyFrom: BODY } } };

/** A rolling update in place of steps and router. */
export const UPDATE = { steps: undefined, traffic: undefined, rollingUpdate: {} };

const firstOf = ({ byHost }: Plan) => ({
  match: { match: [byHost === true ? ON_TEST_HOST : TESTERS] },
  mirror: { mirror: 20 },
});

const blueGreenOf = ({ byHost }: Plan): object => ({
  steps: undefined,
  blueGreen: {
    preview: { ...(byHost === true ? ON_TEST_HOST : { match: [TESTERS] }), for: '2s' },
    scaleDownDelay: '5s',
  },
});

const stepsOf = (plan: Plan): object => {
  const { first = [], weights, sticky } = plan;
  return {
    ...(sticky === true ? { sticky: {} } : {}),
    steps: [...first.map((kind) => firstOf(plan)[kind]), ...weights.map((weight) => ({ weight }))],
  };
};

/** The plan without what the data plane cannot do. */
function possible(plan: Plan, { chooses, hasHost }: Routing): Plan {
  if (chooses !== true) return { ...plan, first: [], sticky: false };
  return hasHost === true ? plan : { ...plan, byHost: false };
}

function policyOf(plan: Plan): Record<string, unknown> {
  const { onNewRevision, warmUp, plain, strategy = 'steps' } = plan;
  return {
    onNewRevision,
    deadlines: DEADLINES,
    ...(warmUp ? WARM_UP : {}),
    ...STRATEGIES[strategy](plan),
    ...(plain === 'update' ? UPDATE : {}),
  };
}

/** Nobody wins in so short a time. */
const AB_TEST = {
  steps: undefined,
  abTest: { weight: 50, for: '5s' },
  analysis: {
    templates: [{ name: 'errors' }],
    interval: '2s',
    warmup: '1s',
    minRequests: 10,
    minWindows: 2,
    onTimeout: 'abort',
    onInconclusive: 'promote',
  },
};

const STRATEGIES: Readonly<Record<NonNullable<Plan['strategy']>, (plan: Plan) => object>> = {
  steps: stepsOf,
  blueGreen: blueGreenOf,
  abTest: () => AB_TEST,
};

/** Runs a plan to its end, and returns what went wrong. */
export async function play(
  plan: Plan,
  passDecided: World['passDecided'] = () => {},
  routing: Routing = plan.plain === undefined ? ISTIO_ROUTING : SERVICE_ROUTING,
): Promise<readonly string[]> {
  const { replicas, weights, maxSurge, maxUnavailable, onAbort } = plan;
  const unavailable = maxSurge === 0 ? 1 : maxUnavailable;
  const world = new World({
    replicas,
    maxSurge,
    maxUnavailable: unavailable,
    onAbort,
    weights,
    routing,
    policy: policyOf(possible(plan, routing)),
  });
  world.passDecided = passDecided;
  world.texts.set(`${BODY.configMap}/${BODY.key}`, '{}');
  world.failures.set('v2', plan.failures);
  await world.begin();
  const witness = new Witness(world);
  world.eager = plan.eager;
  let writes = 0;
  world.fate = () => {
    const index = (writes += 1) - 1;
    for (const { what, at, inPass } of plan.happenings)
      if (inPass && at === index) happen(what, world, witness);
    return plan.fates.find(({ at }) => at === index)?.fate;
  };
  if (plan.unreadable > 0) happen('readsFail', world, witness);
  world.push('v2');
  for (let tick = 0; tick < 140; tick++) {
    if (tick === plan.unreadable) happen('readsBack', world, witness);
    for (const { what, at, inPass } of plan.happenings)
      if (!inPass && at === tick) happen(what, world, witness);
    await world.step();
    witness.look();
  }
  calm(world, witness);
  for (let tick = 0; tick < 300; tick++) {
    await world.step();
    witness.look();
  }
  witness.end();
  return [...witness.violations, ...wrongSpans(world.tracing.spans)];
}
