import { z } from 'zod';
import { ObjectName } from '../meta.ts';
import { Duration } from '../values/duration.ts';

/** Any JSON, kept as it is. */
const AnyJson = z.unknown().meta({ 'x-kubernetes-preserve-unknown-fields': true });

const Percent = z.string().min(1).max(16);

/** A list outside of the template: JSON, under a key of a ConfigMap in the namespace of the Rollout. */
export const ConfigMapKey = z.object({
  name: ObjectName.describe(
    'Name of the ConfigMap. The controller may read sluice-checks; another name takes a Role in its namespace.',
  ),
  key: z.string().min(1).max(253).describe('Key in it.'),
});
export type ConfigMapKey = z.infer<typeof ConfigMapKey>;

/** A request to a pod. */
export const PodRequest = z.object({
  method: z.enum(['GET', 'POST', 'PUT']).default('POST').describe('Method of the request.'),
  path: z.string().min(1).max(1024).describe('Path of the request, such as /v1/predict.'),
  body: z.string().max(16_384).optional().describe('Body of the request, as it is sent.'),
  headers: z
    .record(z.string().min(1).max(128), z.string().max(1024))
    .optional()
    .describe(
      'Headers by name. No secrets: they stand in the Release. Default: content-type application/json.',
    ),
});
export type PodRequest = z.infer<typeof PodRequest>;

/** The place of a value in a JSON answer. */
const FieldPath = z
  .string()
  .max(512)
  .describe(
    'Where the value stands in the JSON answer: a pointer such as /predictions/0/label, or with dots, predictions.0.label. Empty is the whole answer.',
  );

const ExpectedField = z.object({
  path: FieldPath,
  equals: AnyJson.optional().describe('The very value: a string, a number, true, a list or an object.'),
  near: z.number().optional().describe('A number that the value may be off by the tolerance.'),
  tolerance: Percent.optional().describe('For near: a number such as 0.01, or relative such as 1%.'),
  matches: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('Pattern (RE2) that a text must match somewhere in its first 16,384 characters.'),
  oneOf: z.array(AnyJson).min(1).max(64).optional().describe('The value is one of these.'),
});
export type ExpectedField = z.infer<typeof ExpectedField>;

/** A request with its expected answer. */
export const GoldenCase = z.object({
  name: z.string().min(1).max(63).describe('Name of the case, for people.'),
  request: PodRequest.describe('What is sent.'),
  expect: z
    .object({
      status: z.int().min(100).max(599).default(200).describe('Status of the answer.'),
      fields: z
        .array(ExpectedField)
        .max(32)
        .optional()
        .describe('Values in the answer. Each has exactly one of equals, near, matches and oneOf.'),
    })
    .default({ status: 200 })
    .describe('What must be answered.'),
});
export type GoldenCase = z.infer<typeof GoldenCase>;

const Port = z
  .int()
  .min(1)
  .max(65_535)
  .optional()
  .describe('Port of the pods. Default: the first port of the template.');
const Timeout = Duration.default('10s').describe('For one request.');

/** Requests with expected answers, sent to canary pods before they get any traffic. */
export const Golden = z.object({
  cases: z
    .array(GoldenCase)
    .min(1)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('The cases. More than some go into a ConfigMap: these are copied into each Release.'),
  configMap: ConfigMapKey.optional().describe('A JSON list of at most 500 cases, in place of cases.'),
  minPass: Percent.default('100%').describe('Share of the answers that must be as expected.'),
  pods: z.enum(['all', 'one']).default('all').describe('Canary pods that are asked.'),
  port: Port,
  timeout: Timeout,
  concurrency: z.int().min(1).max(16).default(1).describe('Requests to one pod at a time.'),
  retries: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe(
      'Further tries where there is no answer: no connection, a timeout, or status 429, 502, 503 or 504. Another answer is never asked for twice.',
    ),
});
export type Golden = z.infer<typeof Golden>;

const ComparedField = z.object({
  path: FieldPath,
  tolerance: Percent.optional().describe(
    'How far numbers may be apart: a number such as 0.01, or relative such as 1%. Default: they must be the same.',
  ),
});
export type ComparedField = z.infer<typeof ComparedField>;

/** A recorded sample of requests, sent to pods of both versions, whose answers are compared. */
export const Shadow = z.object({
  requests: z
    .array(PodRequest)
    .min(1)
    .max(64)
    .optional()
    .describe('The sample. More than some go into a ConfigMap: these are copied into each Release.'),
  configMap: ConfigMapKey.optional().describe('A JSON list of at most 2,000 requests, in place of requests.'),
  fields: z
    .array(ComparedField)
    .min(1)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['path'] })
    .describe('Values that are compared. Answers agree where all of them do, and the status.'),
  agreement: Percent.default('98%').describe('Share of the requests that both versions must answer alike.'),
  maxDrift: Percent.optional().describe(
    'How far the numbers among the fields may be from those of stable in the mean, relative to the greater one.',
  ),
  maxLatencyIncrease: Percent.optional().describe(
    'How much slower than stable the p95 over these requests may be, such as 20%.',
  ),
  at: z
    .enum(['start', 'step'])
    .default('start')
    .describe(
      'start: once, before the canary gets any traffic. step: at the beginning of each step; its windows begin when the sample has been sent.',
    ),
  rate: z.int().min(1).max(200).default(10).describe('Requests a second to each version.'),
  port: Port,
  timeout: Timeout,
  retries: z.int().min(0).max(10).default(2).describe('Further tries where there is no answer.'),
});
export type Shadow = z.infer<typeof Shadow>;
