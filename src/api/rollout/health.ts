import { z } from 'zod';
import { Duration } from '../values/duration.ts';

/** What the canary's pods may do before the release is rolled back, whatever the metrics say. */
export const Health = z.object({
  maxRestarts: z
    .int()
    .min(0)
    .max(1000)
    .default(1)
    .describe(
      'Times that a container may be started again in one canary pod, beyond what it was in every pod of stable (up to 3). One more: rolled back.',
    ),
  maxEvictions: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('Pods of the canary that nodes may evict for want of memory or disk. One more: rolled back.'),
  notReady: Duration.default('30s').describe(
    'Time that a canary pod that was ready may be not ready, while others serve. Passed: rolled back.',
  ),
});
export type Health = z.infer<typeof Health>;
