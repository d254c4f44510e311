import { z } from 'zod';
import { ObjectName } from '../meta.ts';
import { listMap, matching, rules } from '../rules.ts';
import { Duration } from '../values/duration.ts';
import { Quantity } from '../values/quantity.ts';
import { Connect } from './connect.ts';

/** The only ConfigMap that the controller may read for warm-up without an extra Role. */
export const WARM_UP = 'sluice-warm-up';

const ONE_BODY = 'canary.warmUp: give body or bodyFrom, not both';

const BodyFrom = z.object({
  configMap: ObjectName.default(WARM_UP).describe(
    'ConfigMap in the namespace of the Rollout. Another than sluice-warm-up takes a Role that lets the controller get it.',
  ),
  key: matching(
    /^[-._a-zA-Z0-9]+$/,
    253,
    'must be a key of a ConfigMap: write letters, digits, "-", "_" and "."',
  ).describe('Key in it, under data or binaryData.'),
});
export type BodyFrom = z.infer<typeof BodyFrom>;

/** Requests that each canary pod must have answered before it counts. */
const WarmUpFields = z.object({
  path: matching(/^\/[!-~]*$/, 1024, 'must be a path: write it like /v1/predict')
    .default('/')
    .describe('Path of the request.'),
  method: z.enum(['GET', 'POST']).default('POST').describe('Method of the request.'),
  body: z.string().max(65_536).optional().describe('Body of the request, as it is sent.'),
  bodyFrom: BodyFrom.optional().describe(
    'Where the body is read, as the pods of the release become ready, in place of body: for recorded requests that are long or binary.',
  ),
  contentType: z.string().min(1).max(128).default('application/json').describe('Content type of the body.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Port of the pods. Default: the first port of the template.'),
  requests: z.int().min(1).max(10_000).default(20).describe('Requests for each pod, answered with success.'),
  concurrency: z.int().min(1).max(64).default(1).describe('Requests to one pod at a time.'),
  timeout: Duration.default('30s').describe('For one request.'),
});
const WarmUpShape = WarmUpFields.refine(
  ({ body, bodyFrom }) => body === undefined || bodyFrom === undefined,
  ONE_BODY,
).meta(rules({ rule: '!(has(self.body) && has(self.bodyFrom))', message: ONE_BODY }));
export type WarmUp = z.infer<typeof WarmUpShape>;

/** Where the canary's pods come from, and how many there may be. */
export const Capacity = z.object({
  replicas: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Pods of the canary at every step, at most as many as stable has. Default: the share of stable that the weight is, and beyond 50% so many that a canary pod gets at most twice as many requests as a stable one, as far as the budget has room. Few pods at a great weight are overloaded.',
    ),
  mode: z
    .enum(['surge', 'borrow'])
    .default('surge')
    .describe(
      'surge runs the canary beside all stable pods. borrow, for clusters without spare capacity, runs one canary pod in the place of one stable pod; it needs two replicas and maxSurge 1.',
    ),
  warmUp: WarmUpShape.optional().describe(
    'Requests that the controller sends to each canary pod once it is ready, before the weight is raised. Over plain HTTP to the address of the pod, so not to a port for which a mesh demands mTLS.',
  ),
  coldStart: Duration.optional().describe(
    'How long a pod takes until it is itself, from its first requests. Until then only gross faults of it roll back, and its windows are no evidence. Default: what the past starts of pods have shown (analysis.learn), else none.',
  ),
  connect: Connect.optional().describe(
    'A little traffic for a short time before the first step, so that proxies open connections to the canary and its caches fill. It needs no verdict, and no window counts its requests. Once more after each time that no canary pod was ready. Default: none.',
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
