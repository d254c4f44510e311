import { z } from 'zod';
import { matching, rules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';
import type { AbTest } from './ab-test.ts';
import { type BlueGreen, previewOf, SWITCH } from './blue-green.ts';
import { HttpMatches, MOST_MATCHES } from './match.ts';

const BAKES = 'maxBake must be at least bake: raise maxBake, or lower bake';
const bakesRule = {
  rule: '!has(self.bake) || !has(self.maxBake) || duration(self.maxBake) >= duration(self.bake)',
  message: BAKES,
};

interface Bakes {
  readonly bake?: Duration | undefined;
  readonly maxBake?: Duration | undefined;
}

function bakesFit({ bake, maxBake }: Bakes): boolean {
  return bake === undefined || maxBake === undefined || durationMs(maxBake) >= durationMs(bake);
}

const MaxBake = Duration.optional().describe(
  'Longest time of analysed traffic without conclusive evidence; then analysis.onInconclusive. Default: analysis.maxBake.',
);

const ONE_KIND = 'must have exactly one of weight, match and mirror: write one of them';

/** One step of a release: which requests the canary gets, and how long it is analysed. */
export const Step = z
  .object({
    weight: z.int().min(1).max(100).optional().describe('Percent of the traffic that the canary gets.'),
    match: HttpMatches.optional().describe(
      'Requests that the canary gets, beside those of earlier steps, until the release ends: those for which an entry holds. Before the weights.',
    ),
    mirror: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Percent of the requests of which the canary gets a copy during this step. Its answers reach nobody. Before the weights.',
      ),
    bake: Duration.optional().describe(
      'Shortest time of analysed traffic in this step. Default: as long as minWindows windows take.',
    ),
    maxBake: MaxBake,
  })
  .refine(
    ({ weight, match, mirror }) => [weight, match, mirror].filter((one) => one !== undefined).length === 1,
    ONE_KIND,
  )
  .refine(bakesFit, BAKES)
  .meta(
    rules(
      {
        rule: '[has(self.weight), has(self.match), has(self.mirror)].exists_one(given, given)',
        message: ONE_KIND,
      },
      bakesRule,
    ),
  );
export type Step = z.infer<typeof Step>;

const ASCENDING =
  'weights must ascend, after all steps with match or mirror: write each step with a greater weight than the one before it, and the others first';
const MATCHES = `the steps must have at most ${MOST_MATCHES} matches in all: say one as a regex where several are alike`;

function ascending(steps: readonly Step[]): boolean {
  const weights = steps.map(({ weight = 0 }) => weight);
  return weights.every((weight, index) => {
    const before = weights[index - 1] ?? 0;
    return weight === 0 ? before === 0 : weight > before;
  });
}

const countOf = (steps: readonly Step[]): number =>
  steps.reduce((sum, { match = [] }) => sum + match.length, 0);

/** The steps of a release, as given. */
export const Steps = z
  .array(Step)
  .min(1)
  .max(20)
  .refine(ascending, ASCENDING)
  .refine((steps) => countOf(steps) <= MOST_MATCHES, MATCHES)
  .meta(
    rules(
      {
        rule: 'self.map(step, has(step.weight) ? step.weight : 0).isSorted() && self.all(a, !has(a.weight) || self.exists_one(b, has(b.weight) && b.weight == a.weight))',
        message: ASCENDING,
      },
      {
        rule: `self.map(step, has(step.match) ? size(step.match) : 0).sum() <= ${MOST_MATCHES}`,
        message: MATCHES,
      },
    ),
  )
  .describe(
    'Steps with match or mirror first, then weights in ascending order. After the last one comes the promotion. Default: 10, 25, 50, unless autoSteps is given.',
  );

const RANGE = 'min must be at most max: lower min, or raise max';

/** The weights of a release, chosen from the evidence within bounds. */
export const AutoSteps = z
  .object({
    min: z.int().min(1).max(100).default(10).describe('Weight of the first step.'),
    max: z
      .int()
      .min(1)
      .max(100)
      .default(50)
      .describe('Weight of the last step. After it comes the promotion.'),
    maxGrowth: z
      .int()
      .min(2)
      .max(10)
      .default(3)
      .describe(
        'A step has at most so many times the weight of the one before it. It has at least 1.5 times as much.',
      ),
    maxRisk: matching(
      /^(0\.[0-9]*[1-9][0-9]*|[1-9][0-9]?(\.[0-9]+)?)%$/,
      16,
      'must be a share above 0 and below 100 percent: write it like 0.5%',
    )
      .default('0.5%')
      .describe(
        'Share of all requests that may be bad beyond the bounds at the next weight, as far as the evidence cannot exclude it.',
      ),
    bake: Duration.optional().describe(
      'Shortest time of analysed traffic at each weight. Default: as long as minWindows windows take.',
    ),
    maxBake: MaxBake,
  })
  .refine(({ min, max }) => min <= max, RANGE)
  .refine(bakesFit, BAKES)
  .meta(rules({ rule: 'self.min <= self.max', message: RANGE }, bakesRule));
export type AutoSteps = z.infer<typeof AutoSteps>;

/** The rolling update of the Deployment itself, begun by its first pods and watched to its end. */
export const RollingUpdate = z
  .object({
    bake: Duration.optional().describe(
      'Shortest time for which the first new pods are analysed. Default: as long as minWindows windows take.',
    ),
    maxBake: MaxBake,
  })
  .refine(bakesFit, BAKES)
  .meta(rules(bakesRule));
export type RollingUpdate = z.infer<typeof RollingUpdate>;

/** The weights of the default steps. */
export const DEFAULT_WEIGHTS = [10, 25, 50];
const DEFAULT_STEPS: readonly Step[] = DEFAULT_WEIGHTS.map((weight) => ({ weight }));

/** A step of a strategy. */
export interface PacedStep extends Step {
  /** The name of its gate, where that is not its weight or kind. */
  readonly gate?: string;
  /** Its name for people, where that is not its weight or kind. */
  readonly label?: string;
  /** It needs no evidence: whatever it gets is judged, and it ends after `bake` all the same. */
  readonly isFree?: true;
}

/** The fields of a policy about the pace of a release. */
export interface Pacing {
  readonly steps?: readonly Step[] | undefined;
  readonly autoSteps?: AutoSteps | undefined;
  readonly rollingUpdate?: RollingUpdate | undefined;
  readonly blueGreen?: BlueGreen | undefined;
  readonly abTest?: AbTest | undefined;
}

function blueGreenSteps(blueGreen: BlueGreen): readonly PacedStep[] {
  const { preview, scaleDownDelay } = blueGreen;
  const all: PacedStep = { weight: 100, bake: scaleDownDelay, gate: SWITCH, label: SWITCH };
  if (preview === undefined) return [all];
  const { for: bake } = preview;
  const match = [...previewOf(blueGreen)];
  return [{ match, gate: 'preview', label: 'preview', isFree: true, ...(bake && { bake }) }, all];
}

/** The field by which a policy chooses requests by their host, for messages. */
export function hostField({ blueGreen, abTest }: Pacing): string {
  if (blueGreen?.preview?.host !== undefined) return 'blueGreen.preview.host';
  if (blueGreen !== undefined) return 'blueGreen.preview.match[].host';
  return `${abTest === undefined ? 'steps[].match' : 'abTest.match'}[].host`;
}

function abTestStep({ weight, match, for: bake }: AbTest): PacedStep {
  return { ...(weight === undefined ? { match } : { weight }), bake };
}

/**
 * The steps of the strategy; none if the evidence chooses them. A rolling update begins with as many pods as it may add.
 */
export function fixedSteps(policy: Pacing): readonly PacedStep[] {
  const { steps, autoSteps, rollingUpdate, blueGreen, abTest } = policy;
  if (autoSteps !== undefined) return [];
  if (abTest !== undefined) return [abTestStep(abTest)];
  if (rollingUpdate !== undefined) return [{ ...rollingUpdate, weight: 100 }];
  return blueGreen === undefined ? (steps ?? DEFAULT_STEPS) : blueGreenSteps(blueGreen);
}

interface Timed extends Pacing {
  readonly analysis: { readonly maxBake?: Duration | undefined };
  readonly deadlines: { readonly step: Duration };
}

/** Bake times of a step with the defaults of the policy. */
export function bakesOf(policy: Omit<Timed, 'deadlines'>, index: number): Bakes {
  const { bake, maxBake = policy.analysis.maxBake } = policy.autoSteps ?? fixedSteps(policy)[index] ?? {};
  return { bake, maxBake };
}

/** Checks of the steps that span several fields: metadata for the whole policy. */
const PACES = ['steps', 'autoSteps', 'rollingUpdate', 'blueGreen', 'abTest'] as const;
export const ONE_PACE = `must have one of ${PACES.join(', ')}: take the others away`;
export const BAKE_DEFAULT =
  'analysis.maxBake must be at least the bake of every step: raise it, or give that step a maxBake of its own';
export const BAKE_LATE =
  'maxBake must be at most deadlines.step, which ends the step in any case: lower maxBake, or raise deadlines.step';

/** Whether a policy names one pace at most. */
export function hasOnePace(policy: Pacing): boolean {
  return PACES.filter((pace) => policy[pace] !== undefined).length <= 1;
}

/** Whether every bake time is within the deadline of the step. */
export function bakesEnd({ steps, autoSteps, rollingUpdate, analysis, deadlines }: Timed): boolean {
  const all = [
    analysis.maxBake,
    autoSteps?.maxBake,
    rollingUpdate?.maxBake,
    ...(steps ?? []).map(({ maxBake }) => maxBake),
  ];
  return all.every((one) => one === undefined || durationMs(one) <= durationMs(deadlines.step));
}

/** Whether the default of the policy is long enough for every step. */
export function defaultBakeFits(policy: Timed): boolean {
  const count = Math.max(1, fixedSteps(policy).length);
  return Array.from({ length: count }, (_, index) => bakesOf(policy, index)).every(bakesFit);
}

const DEFAULTED = 'duration(self.analysis.maxBake) >= duration(step.bake)';

const fitting = (pace: string): string =>
  `(!has(self.${pace}) || has(self.${pace}.maxBake) || !has(self.${pace}.bake) || ${DEFAULTED.replace('step.', `self.${pace}.`)})`;

const ending = (pace: string): string =>
  `(!has(self.${pace}) || !has(self.${pace}.maxBake) || duration(self.${pace}.maxBake) <= duration(self.deadlines.step))`;

export const paceRules = [
  {
    rule: `[${PACES.map((pace) => `has(self.${pace})`).join(', ')}].filter(given, given).size() <= 1`,
    message: ONE_PACE,
  },
  {
    rule: `!has(self.analysis.maxBake) || (!has(self.steps) || self.steps.all(step, has(step.maxBake) || !has(step.bake) || ${DEFAULTED})) && ${fitting('autoSteps')} && ${fitting('rollingUpdate')} && (!has(self.blueGreen) || ${DEFAULTED.replace('step.bake', 'self.blueGreen.scaleDownDelay')}) && (!has(self.abTest) || ${DEFAULTED.replace('step.bake', 'self.abTest.__for__')})`,
    message: BAKE_DEFAULT,
  },
  {
    rule: `(!has(self.analysis.maxBake) || duration(self.analysis.maxBake) <= duration(self.deadlines.step)) && ${ending('autoSteps')} && ${ending('rollingUpdate')} && (!has(self.steps) || self.steps.all(step, !has(step.maxBake) || duration(step.maxBake) <= duration(self.deadlines.step)))`,
    message: BAKE_LATE,
  },
];
