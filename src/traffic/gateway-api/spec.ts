import { z } from 'zod';
import { ObjectName } from '../../api/meta.ts';

const names = (what: string) => z.array(ObjectName).min(1).max(16).optional().describe(what);

/** Where routes of the Gateway API send the traffic of the workload. */
export const GatewayTraffic = z.object({
  httpRoutes: names(
    'HTTPRoutes in the namespace of the workload whose rules are shifted. Default: every HTTPRoute and GRPCRoute with a rule for its Service. With any name here or in `grpcRoutes`, rules of other routes stay with stable during a release.',
  ),
  grpcRoutes: names('GRPCRoutes whose rules are shifted, likewise.'),
  rules: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Names of the rules to shift (`spec.rules[].name`). Default: every rule for the Service. Other rules stay with stable during a release.',
    ),
  service: ObjectName.optional().describe(
    'Service of the workload. Needed only where routes go to several Services that select its pods.',
  ),
  features: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Features of the Gateway API that the implementation has without saying so in `status.supportedFeatures` of its GatewayClass, by the names of the specification: steps with a mirror need `HTTPRouteRequestMirror`, and `HTTPRouteRequestPercentageMirror` below 100 %; `sticky` needs `HTTPRouteResponseHeaderModification` and `HTTPRouteBackendRequestHeaderModification`.',
    ),
  inferencePool: ObjectName.optional().describe(
    'InferencePool of the workload, in place of a Service. Needed only where routes go to several backends that select its pods.',
  ),
  pickers: z
    .object({
      stable: ObjectName.describe(
        'Service of the endpoint picker that runs with `--pool-name=POOL-sluice-stable`.',
      ),
      canary: ObjectName.describe('That of the picker with `--pool-name=POOL-sluice-canary`.'),
    })
    .optional()
    .describe(
      'Where routes go to an InferencePool: Services of the endpoint pickers of the two pools that a release makes from it, one for each version. They have the same port as the picker of your pool.',
    ),
  unsplit: z
    .enum(['warn', 'refuse', 'allow'])
    .optional()
    .describe(
      'What happens where requests can reach the pods past the split: a condition and an event say so (warn, the default), no release begins or continues (refuse), or nothing (allow).',
    ),
});
export type GatewayTraffic = z.infer<typeof GatewayTraffic>;

/** The field of a policy, for messages. */
export const FIELD = 'traffic.gatewayAPI';
