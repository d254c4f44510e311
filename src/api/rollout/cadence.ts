import { z } from 'zod';
import { rules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';

/** Measurements whose outcomes are kept. */
const MOST_MEASUREMENTS = 100;

/** When something is measured, and how many bad measurements are too many. */
const CADENCE = {
  interval: Duration.optional().describe(
    'Shortest time between two measurements, in whole windows. Default: one at the end of each window.',
  ),
  count: z
    .int()
    .min(1)
    .max(MOST_MEASUREMENTS)
    .optional()
    .describe(
      'Measurements that a step needs, and over which failureLimit counts: the newest ones. It is measured on as long as the canary has traffic. Default: analysis.minWindows, and failureLimit counts over the step.',
    ),
  initialDelay: Duration.optional().describe(
    'Time at each step before the first measurement, from the end of the warm-up.',
  ),
  failureLimit: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe(
      'Measurements that may fail. One more rolls back. Default: 0; where consecutiveFailures is given, none.',
    ),
  consecutiveFailures: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('So many measurements that fail in a row roll back.'),
};
export type Cadence = { [K in keyof typeof CADENCE]?: z.infer<(typeof CADENCE)[K]> };

const LIMIT = 'failureLimit must be below count: else no number of failures could roll back';
const ROW = 'consecutiveFailures must not be above count: else no number of failures could roll back';
const PACE = 'interval must be at least 1s';

/** An object that is measured now and then: its own fields, and those of the cadence. */
export function cadenced<T extends z.ZodRawShape>(shape: T) {
  return z
    .object({ ...shape, ...CADENCE })
    .refine((given) => {
      const { count, failureLimit } = given as Cadence;
      return count === undefined || failureLimit === undefined || failureLimit < count;
    }, LIMIT)
    .refine((given) => {
      const { count, consecutiveFailures } = given as Cadence;
      return count === undefined || consecutiveFailures === undefined || consecutiveFailures <= count;
    }, ROW)
    .refine((given) => {
      const { interval } = given as Cadence;
      return interval === undefined || durationMs(interval) >= 1_000;
    }, PACE)
    .meta(
      rules(
        {
          rule: '!has(self.count) || !has(self.failureLimit) || self.failureLimit < self.count',
          message: LIMIT,
        },
        {
          rule: '!has(self.count) || !has(self.consecutiveFailures) || self.consecutiveFailures <= self.count',
          message: ROW,
        },
        { rule: "!has(self.interval) || duration(self.interval) >= duration('1s')", message: PACE },
      ),
    );
}
