import { z } from 'zod';
import { Quantity } from './quantity.ts';
import { listMap } from './rules.ts';

/** Where the canary's pods come from, and how many there may be. */
export const Capacity = z.object({
  replicas: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Pods of the canary at every step, at most as many as stable has. Default: the share of stable that the weight is. Few pods at a great weight are overloaded.',
    ),
  mode: z
    .enum(['surge', 'borrow'])
    .default('surge')
    .describe(
      'surge runs the canary beside all stable pods. borrow, for clusters without spare capacity, runs one canary pod in the place of one stable pod; it needs two replicas and maxSurge 1.',
    ),
  budget: z
    .array(
      z.object({
        resource: z
          .string()
          .min(1)
          .max(316)
          .describe('Resource of the containers, such as nvidia.com/gpu, cpu or memory; or pods.'),
        max: Quantity.describe('Most that the canaries of the namespace may have together.'),
      }),
    )
    .max(8)
    .meta(listMap('resource'))
    .optional()
    .describe(
      'What all canaries of the namespace may take together, in the eyes of this Rollout. A release that would take more waits in Pending, in the order in which they began.',
    ),
});
export type Capacity = z.infer<typeof Capacity>;
