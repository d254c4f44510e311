import { z } from 'zod';

/**
 * What the past of a workload tells of one of its metrics. Verdicts weigh by it how much a version may differ from
 * another by itself. Every figure may be absent: it is then assumed with care, until the release itself shows it.
 */
export const Calibration = z.object({
  metric: z.string().min(1).max(63).describe('Name of the metric.'),
  base: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Rate of bad requests of a good version in the long run, 0 to 1.'),
  variation: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe(
      'How much the rate of one version varies in time beyond chance: coefficient of variation. 0: requests fail independently.',
    ),
  lasts: z
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .describe('How long such a variation lasts, in seconds: the time in which its correlation falls to 1/e.'),
  pods: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe(
      'How much pods of one version differ for good, beyond chance: coefficient of variation of their rates.',
    ),
  coldStart: z
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .describe('How long a new pod takes until its rate is that of older ones, in seconds.'),
  days: z.number().min(0).max(3650).optional().describe('Length of the past that it was learnt from.'),
});
export type Calibration = z.infer<typeof Calibration>;
