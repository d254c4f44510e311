import { z } from 'zod';
import { API_VERSION } from '../meta.ts';
import { HttpUrl, SecretKey } from '../notification.ts';
import { cadenced } from '../rollout/cadence.ts';
import { listMap, moreRules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';

const TIMEOUT = 'must be from 1s to 30s';

/** An external system that judges the canary. */
export const WebhookMetric = cadenced({
  url: HttpUrl.describe('Where it is asked by POST. Redirects are not followed.'),
  secret: SecretKey.describe('Key that each request is signed with (HMAC-SHA256).'),
  token: SecretKey.optional().describe(
    'Token that each request carries, for a system that knows its callers by one: authorization: Bearer TOKEN.',
  ),
  timeout: Duration.refine((text) => durationMs(text) >= 1_000 && durationMs(text) <= 30_000, TIMEOUT)
    .meta(
      moreRules(Duration, {
        rule: "duration(self) >= duration('1s') && duration(self) <= duration('30s')",
        message: TIMEOUT,
      }),
    )
    .default('5s')
    .describe('Longest time for one answer. It is tried three times; other metrics do not wait for it.'),
  parameters: z
    .array(
      z.object({
        name: z.string().min(1).max(63).describe('Name.'),
        value: z.string().max(1024).describe('Value; {{args.NAME}} is filled in.'),
      }),
    )
    .max(16)
    .meta(listMap('name'))
    .optional()
    .describe('Sent along as they are.'),
});
export type WebhookMetric = z.infer<typeof WebhookMetric>;

const Version = z.object({
  podTemplateHash: z.string().describe('Label pod-template-hash of its pods.'),
  replicaSet: z.string().describe('Its ReplicaSet.'),
  images: z.array(z.string()).describe('Images of its containers, in their order.'),
});

/** What a webhook is asked. */
export const WebhookQuestion = z.object({
  apiVersion: z.literal(API_VERSION).describe('Version of this schema.'),
  kind: z.literal('MetricQuestion').describe('What this is.'),
  id: z
    .string()
    .describe('The same for each try of one measurement, also after a restart of the controller.'),
  metric: z.string().describe('Name of the metric.'),
  namespace: z.string().describe('Namespace of the release.'),
  release: z.string().describe('Name of the Release.'),
  rollout: z.string().describe('Name of its Rollout.'),
  workload: z
    .object({ kind: z.string().describe('Kind.'), name: z.string().describe('Name.') })
    .describe('What is released.'),
  revision: z.string().describe('Hash of the pod template that is tried.'),
  stable: Version.describe('The version that serves.'),
  canary: Version.describe('The version that is tried.'),
  phase: z.string().describe('Phase of the release.'),
  step: z.int().describe('Index of the step, from 0.'),
  steps: z.int().optional().describe('Number of steps; not there while the evidence still chooses them.'),
  weight: z.int().describe('Percent of the traffic that the canary has.'),
  window: z
    .object({
      start: z.string().describe('Beginning, RFC 3339.'),
      end: z.string().describe('End, RFC 3339.'),
    })
    .describe('What it is about: since it was last answered, or since the step began.'),
  metrics: z
    .array(
      z.object({
        name: z.string().describe('Name.'),
        verdict: z.string().describe('pass, fail, inconclusive, noData or providerError.'),
        message: z.string().describe('The verdict in one sentence.'),
      }),
    )
    .describe('How the other metrics stand.'),
  parameters: z.record(z.string(), z.string()).describe('The parameters of the metric.'),
});
export type WebhookQuestion = z.infer<typeof WebhookQuestion>;

/** What a webhook answers. */
export const WebhookAnswer = z
  .object({
    verdict: z
      .enum(['pass', 'fail', 'inconclusive', 'noData'])
      .optional()
      .describe('What it thinks. noData: it cannot say yet.'),
    value: z
      .number()
      .optional()
      .describe('A number in place of a verdict, held against the bounds of the metric.'),
    message: z.string().optional().describe('Why, for people. The first 500 characters are shown.'),
  })
  .refine(
    ({ verdict, value }) => (verdict === undefined) !== (value === undefined),
    'must have exactly one of verdict and value',
  );
