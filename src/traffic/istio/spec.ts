import { z } from 'zod';
import { ObjectName } from '../../api/meta.ts';

/** Where an Istio mesh routes the traffic of the workload. */
export const IstioTraffic = z.object({
  virtualService: ObjectName.describe('VirtualService in the namespace of the workload.'),
  routes: z
    .array(z.string().min(1).max(253))
    .max(16)
    .optional()
    .describe('Names of the HTTP routes to shift. Needed only where more than one goes to the Service.'),
  service: ObjectName.optional().describe(
    'Service of the workload. Needed only where several Services select its pods.',
  ),
  unsplit: z
    .enum(['warn', 'refuse', 'allow'])
    .optional()
    .describe(
      'What happens where requests can reach the pods past the split: a condition and an event say so (warn, the default), no release begins or continues (refuse), or nothing (allow).',
    ),
});
export type IstioTraffic = z.infer<typeof IstioTraffic>;
