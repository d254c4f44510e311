import { z } from 'zod';

const CONTAINERS = 'spec.containers must have a container: write the template as in a Job';
const RESTART =
  'spec.restartPolicy must be Never: else the exit code of a container that is started again is lost';

interface PodTemplate {
  readonly spec?: { readonly containers?: unknown; readonly restartPolicy?: unknown };
}

/** A Job that ends well for a good canary. */
export const JobMetric = z.object({
  at: z
    .enum(['start', 'step'])
    .default('step')
    .describe('start: once, before any traffic. step: once in each step, with the weight in force.'),
  template: z
    .record(z.string(), z.unknown())
    .refine((template) => {
      const { containers } = (template as PodTemplate).spec ?? {};
      return Array.isArray(containers) && containers.length > 0;
    }, CONTAINERS)
    .refine((template) => {
      const { restartPolicy = 'Never' } = (template as PodTemplate).spec ?? {};
      return restartPolicy === 'Never';
    }, RESTART)
    .describe(
      'Pod template, as in a Job, in the namespace of the Rollout. {{args.NAME}} is filled in; each container has the facts of the release in variables SLUICE_….',
    ),
  backoffLimit: z
    .int()
    .min(0)
    .max(6)
    .default(0)
    .describe('Pods that may fail before the Job has. Evictions do not count.'),
  activeDeadlineSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('Longest time for the Job. If it takes longer, it has measured nothing and is run again.'),
  ttlSecondsAfterFinished: z
    .int()
    .min(60)
    .max(604_800)
    .default(3_600)
    .describe('How long the Job is kept after its end, for people to read its log.'),
});
export type JobMetric = z.infer<typeof JobMetric>;
