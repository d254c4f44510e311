import { z } from 'zod';
import { moreRules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';
import { DEFAULT_WEIGHTS, fixedSteps, type Pacing } from './steps.ts';

const SHORT = 'must be at least 1s: write it like 10s, or leave canary.connect out';

/** A little traffic before the first step, so that proxies open connections to the canary and its caches fill. */
export const Connect = z.object({
  weight: z
    .int()
    .min(1)
    .max(99)
    .default(1)
    .describe('Percent of the traffic. Below the weight of the first step, or autoSteps.min.'),
  for: Duration.refine((span) => durationMs(span) >= 1_000, SHORT)
    .meta(moreRules(Duration, { rule: "duration(self) >= duration('1s')", message: SHORT }))
    .default('10s')
    .describe('How long, from when the weight is in force in every proxy. Shorter than deadlines.step.'),
});
export type Connect = z.infer<typeof Connect>;

interface Connected extends Pacing {
  readonly canary: { readonly connect?: Connect | undefined };
  readonly deadlines: { readonly step: Duration };
  readonly settle: Duration;
}

/** Checks that span several fields: metadata for the whole policy. */
export const CONNECT_HIGH =
  'canary.connect.weight must be below the weight of the first step (with autoSteps: below autoSteps.min): lower it, or raise the first step';
export const CONNECT_LONG =
  'canary.connect.for must be shorter than deadlines.step, in which it counts: shorten it, or raise deadlines.step';

/** Whether its weight is below the first step's. */
export function connectsBelow({ canary, ...pacing }: Pick<Connected, 'canary' | keyof Pacing>): boolean {
  const weights = fixedSteps(pacing).flatMap(({ weight }) => weight ?? []);
  const first = pacing.autoSteps?.min ?? weights[0] ?? 100;
  return canary.connect === undefined || canary.connect.weight < first;
}

/** Whether it ends before `deadlines.step`. */
export function connectEnds({ canary, deadlines }: Pick<Connected, 'canary' | 'deadlines'>): boolean {
  return canary.connect === undefined || durationMs(canary.connect.for) < durationMs(deadlines.step);
}

/** How long it takes once the routes are written, in milliseconds; 0 if the policy has none. */
export function connectMs({ canary, settle }: Pick<Connected, 'canary' | 'settle'>): number {
  return canary.connect === undefined ? 0 : durationMs(settle) + durationMs(canary.connect.for);
}

const GIVEN = 'has(self.canary) && has(self.canary.connect)';

/** `for` is reserved in CEL, which escapes the field's name. */
export const connectRules = [
  {
    rule: `!(${GIVEN}) || self.canary.connect.weight < (has(self.autoSteps) ? self.autoSteps.min : has(self.blueGreen) ? 100 : has(self.abTest) ? (has(self.abTest.weight) ? self.abTest.weight : 100) : has(self.steps) ? (self.steps.exists(step, has(step.weight)) ? self.steps.filter(step, has(step.weight))[0].weight : 100) : ${DEFAULT_WEIGHTS[0]})`,
    message: CONNECT_HIGH,
  },
  {
    rule: `!(${GIVEN}) || duration(self.canary.connect.__for__) < duration(self.deadlines.step)`,
    message: CONNECT_LONG,
  },
];
