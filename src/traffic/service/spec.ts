import { z } from 'zod';
import { ObjectName } from '../../api/meta.ts';

/** The Service of a workload without any router. */
export const ServiceTraffic = z.object({
  name: ObjectName.optional().describe(
    'Service of the workload. Needed only where several Services select its pods.',
  ),
});
export type ServiceTraffic = z.infer<typeof ServiceTraffic>;

/** Nothing is changed, so nothing has to be remembered. */
export const ServicePlan = z.object({});
export type ServicePlan = z.infer<typeof ServicePlan>;
