import { z } from 'zod';
import { Calibration } from '../analysis/calibration.ts';
import { Timestamp } from '../meta.ts';
import { listMap } from '../rules.ts';

/** What the past of the workload has shown of its metrics, for the next release. */
export const Learnt = z.object({
  at: Timestamp.describe('When the past was last asked.'),
  queries: z.int().min(0).describe('Queries that this took.'),
  metrics: z.array(Calibration).max(64).meta(listMap('metric')).describe('What was learnt of each metric.'),
  message: z.string().max(320).optional().describe('Why nothing new was learnt, or not of every metric.'),
});
export type Learnt = z.infer<typeof Learnt>;
