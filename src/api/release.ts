import { z } from 'zod';
import { Metric } from './analysis-template.ts';
import { Condition, type KubeObject, ObjectName, Timestamp } from './meta.ts';
import { Gate, Policy } from './rollout.ts';

export const PHASES = [
  'Pending',
  'Starting',
  'Stepping',
  'Promoting',
  'Aborting',
  'Promoted',
  'Aborted',
  'Superseded',
  'Cancelled',
] as const;
export const Phase = z.enum(PHASES);
export type Phase = z.infer<typeof Phase>;

export const VERDICTS = ['pass', 'fail', 'inconclusive', 'noData', 'providerError'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** One version of the workload: the label of its pods and the ReplicaSet that runs them. */
export const Version = z.object({
  podTemplateHash: z.string().max(63).describe('Value of the label pod-template-hash.'),
  replicaSet: z.string().max(253).describe('Name of the ReplicaSet.'),
});
export type Version = z.infer<typeof Version>;

const By = z
  .string()
  .max(253)
  .optional()
  .describe('Who did it. Set by the API server; what a client sends is replaced.');

export const Approval = z.object({
  gate: Gate.describe('start, promotion, or the weight of a step.'),
  reason: z.string().max(1024).optional().describe('Why.'),
  by: By,
});
export type Approval = z.infer<typeof Approval>;

export const ReleaseSpec = z.object({
  rollout: ObjectName.describe('The Rollout whose policy this Release follows.'),
  workload: z.object({ kind: z.string().max(63), name: ObjectName }).describe('The workload.'),
  revision: z.string().max(63).describe('Hash of the pod template that is tried.'),
  stable: Version.extend({
    template: z
      .record(z.string(), z.unknown())
      .describe('Pod template that served at the start, to go back to it.'),
  }).describe('The version that serves.'),
  canary: Version.describe('The version that is tried.'),
  policy: Policy.describe('Policy at the start. Later edits of the Rollout meet later Releases.'),
  metrics: z.array(Metric).max(64).describe('Metrics with all arguments filled in.'),
  abort: z
    .object({ reason: z.string().max(1024).optional().describe('Why.'), by: By })
    .optional()
    .describe('Rolls the release back, in every phase. Cannot be taken back.'),
  paused: z
    .boolean()
    .optional()
    .describe('Stays at its weight; analysis goes on and a failure still rolls back.'),
  approvals: z.array(Approval).max(24).optional().describe('Gates that a person has opened.'),
  skipStep: z
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe('Index of the step to leave without waiting for its verdict.'),
});
export type ReleaseSpec = z.infer<typeof ReleaseSpec>;

/** Counts of one version since the step began: bad events among events. */
export const ArmCounts = z.object({
  events: z.number().min(0).describe('Requests.'),
  bad: z.number().min(0).describe('Failed or slow ones.'),
  quantile: z.number().optional().describe('Latency at the quantile in the last window, in seconds.'),
});
export type ArmCounts = z.infer<typeof ArmCounts>;

/** The accumulated evidence about one metric, in bounded size, so that a restarted controller goes on with the test. */
export const MetricState = z.object({
  name: z.string().max(63),
  verdict: Verdict.describe('Verdict of the newest window.'),
  message: z.string().max(1024).describe('The verdict in one sentence, with numbers.'),
  windows: z.int().min(0).describe('Windows with data since the step began.'),
  misses: z.int().min(0).describe('Windows without data or with a provider error, in a row.'),
  canary: ArmCounts.describe('The canary since the step began.'),
  stable: ArmCounts.describe('The stable version since the step began.'),
  edge: z.number().optional().describe('Bucket edge, in seconds, that counts as slow.'),
  logEStable: z
    .number()
    .describe('Log of the e-value against "no worse than stable", over the whole release.'),
  logEBound: z.number().describe('Log of the e-value against "within the bound", over the whole release.'),
});
export type MetricState = z.infer<typeof MetricState>;

export const AnalysisState = z.object({
  from: Timestamp.optional().describe('End of the newest window; the next one begins here.'),
  windows: z.int().min(0).describe('Windows since the step began.'),
  metrics: z.array(MetricState).max(64),
});
export type AnalysisState = z.infer<typeof AnalysisState>;

/** One entry of the history of a Release. */
export const Passage = z.object({
  phase: z.string().max(64).describe('Phase, and the stage within it.'),
  at: Timestamp,
  reason: z.string().max(64),
});
export type Passage = z.infer<typeof Passage>;

/** The original of what a Release changes, so that it can be put back exactly. */
export const RouteOriginal = z.object({
  index: z.int().min(0).describe('Position of the HTTP route when it was read.'),
  name: z.string().max(253).optional().describe('Name of the HTTP route.'),
  destinations: z
    .array(z.record(z.string(), z.unknown()))
    .max(64)
    .describe('The list of destinations as the user wrote it.'),
});
export type RouteOriginal = z.infer<typeof RouteOriginal>;

export const ReleaseStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  machineVersion: z.int().min(1).describe('Version of the state machine that wrote this.'),
  phase: Phase.describe('Where the release is.'),
  stage: z.string().max(32).optional().describe('Where it is within the phase.'),
  reason: z.string().max(64).optional().describe('Why it is there, in one word.'),
  message: z.string().max(2048).optional().describe('Why it is there, in one sentence with numbers.'),
  step: z.int().min(0).max(20).describe('Index of the current step.'),
  stepText: z.string().max(16).optional().describe('Step for people, such as 2/3.'),
  weight: z.int().min(0).max(100).describe('Percent of the traffic that the canary is to have.'),
  replicas: z.int().min(0).describe('Canary pods that are to exist.'),
  readyReplicas: z.int().min(0).optional().describe('Canary pods that were ready at the last look.'),
  outcome: z
    .enum(['Aborted', 'Superseded', 'Cancelled'])
    .optional()
    .describe('Where an Aborting release is going.'),
  handedOver: z.boolean().optional().describe('The canary ReplicaSet belongs to the Deployment.'),
  startedAt: Timestamp.optional().describe('When the release left Pending.'),
  stageStartedAt: Timestamp.optional().describe('When the current stage began.'),
  routeConfirmedAt: Timestamp.optional().describe(
    'Since when the routes have been observed as they are to be.',
  ),
  unhealthySince: Timestamp.optional().describe('Since when the canary has had no ready pod.'),
  deadline: Timestamp.optional().describe('When the current phase or step has taken too long.'),
  finishedAt: Timestamp.optional().describe('When the release ended.'),
  verdict: Verdict.optional().describe('Verdict over all metrics.'),
  waitingFor: z.string().max(64).optional().describe('Gate that waits for a person.'),
  service: z.string().max(253).optional().describe('Service whose traffic is shifted.'),
  routeGoal: z.string().max(32).optional().describe('What the routes are to be, such as split:10 or whole.'),
  exposedAt: Timestamp.optional().describe('When the canary first got traffic.'),
  next: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A newer pod template that came during the promotion; it is released after it.'),
  routes: z.array(RouteOriginal).max(16).optional().describe('What the user had written in the routes.'),
  analysis: AnalysisState.optional().describe('The evidence.'),
  trail: z.array(Passage).max(40).optional().describe('What it went through, newest last.'),
  conditions: z.array(Condition).max(16).optional(),
});
export type ReleaseStatus = z.infer<typeof ReleaseStatus>;

/** A Release as it is stored: one attempt with one revision. */
export interface Release extends KubeObject {
  kind: 'Release';
  spec: ReleaseSpec;
  status?: ReleaseStatus;
}
