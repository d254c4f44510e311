import { z } from 'zod';
import { matching, rules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';
import { HttpMatches } from './match.ts';

const ONE_SHARE = 'abTest must have exactly one of weight and match: write one of them';

/** Both versions beside each other for a time, until one of them has won. */
export const AbTest = z
  .object({
    weight: z
      .int()
      .min(1)
      .max(99)
      .optional()
      .describe('Percent of the traffic that the new version gets, throughout.'),
    match: HttpMatches.optional().describe(
      'Requests that the new version gets, throughout: those for which an entry holds.',
    ),
    for: Duration.describe('How long the test takes. Shorter than deadlines.step.'),
    metrics: z
      .array(
        matching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63, 'must be the name of a metric: write it like errors'),
      )
      .min(1)
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Metrics that decide, of failed or slow requests. Default: all of these kinds that count.'),
    decide: z
      .enum(['verdict', 'person'])
      .default('verdict')
      .describe(
        'Who names the winner: verdict, by a test of both directions at analysis.falseAbortRate; or person, at the gate promotion.',
      ),
  })
  .refine(({ weight, match }) => (weight === undefined) !== (match === undefined), ONE_SHARE)
  .meta(rules({ rule: 'has(self.weight) != has(self.match)', message: ONE_SHARE }));
export type AbTest = z.infer<typeof AbTest>;

interface Policed {
  readonly abTest?: AbTest | undefined;
  readonly approval?: { readonly at: readonly string[] } | undefined;
  readonly deadlines: { readonly step: Duration };
}

const PERSON = 'abTest.decide: person needs the gate promotion: write approval: {at: [promotion]}';
const LONG =
  'abTest.for must be shorter than deadlines.step, which ends the step: shorten it, or raise deadlines.step';

/** The checks of a policy with `abTest` as a whole, and their messages. */
export const AB_TEST_CHECKS: readonly (readonly [(policy: Policed) => boolean, string])[] = [
  [
    ({ abTest, approval }) => abTest?.decide !== 'person' || approval?.at.includes('promotion') === true,
    PERSON,
  ],
  [
    ({ abTest, deadlines }) => abTest === undefined || durationMs(abTest.for) < durationMs(deadlines.step),
    LONG,
  ],
];

/** `for` is reserved in CEL, which escapes the field's name. */
export const abTestRules = [
  {
    rule: "!has(self.abTest) || self.abTest.decide != 'person' || has(self.approval) && 'promotion' in self.approval.at",
    message: PERSON,
  },
  {
    rule: '!has(self.abTest) || duration(self.abTest.__for__) < duration(self.deadlines.step)',
    message: LONG,
  },
];
