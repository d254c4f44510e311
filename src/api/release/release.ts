import { z } from 'zod';
import { Metric } from '../analysis/analysis-template.ts';
import { Calibration } from '../analysis/calibration.ts';
import { Conditions, type KubeObject, ObjectName, Timestamp } from '../meta.ts';
import { Baseline } from '../rollout/baseline.ts';
import { Policy } from '../rollout/rollout.ts';
import { listMap, rules } from '../rules.ts';
import { Delivery, Message } from './message.ts';
import { Phase, STAGES_TEXT, type Stage } from './places.ts';
import { Abort, ACTIONS, AcceptedAction, Approval, Given, Promote, Skip } from './release-actions.ts';

const VERDICTS = ['pass', 'fail', 'inconclusive', 'noData', 'providerError'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** One version of the workload: the label of its pods and the ReplicaSet that runs them. */
const Version = z.object({
  podTemplateHash: z.string().max(63).describe('Value of the label pod-template-hash.'),
  replicaSet: z.string().max(253).describe('Name of the ReplicaSet.'),
});

const fixed = rules({
  rule: 'self == oldSelf',
  message: 'is fixed for the life of a Release; change the Rollout, which the next Release follows',
});

export const ReleaseSpec = z
  .object({
    rollout: ObjectName.meta(fixed).describe('The Rollout whose policy this Release follows.'),
    workload: z
      .object({
        kind: z.string().max(63).describe('Kind of the workload.'),
        name: ObjectName.describe('Name of the workload, in the namespace of the Release.'),
        uid: z.string().max(63).optional().describe('The object that had the new pod template.'),
        generation: z
          .int()
          .min(0)
          .optional()
          .describe('Its generation then: an older one says nothing of this Release.'),
      })
      .meta(fixed)
      .describe('The workload.'),
    revision: z.string().max(63).meta(fixed).describe('Hash of the pod template that is tried.'),
    stable: Version.extend({
      template: z
        .record(z.string(), z.unknown())
        .describe('Pod template that served at the start, to go back to it.'),
    })
      .meta(fixed)
      .describe('The version that serves.'),
    canary: Version.meta(fixed).describe('The version that is tried.'),
    policy: Policy.meta(fixed).describe(
      'Policy at the start. Later edits of the Rollout meet later Releases.',
    ),
    rollback: z
      .string()
      .max(1024)
      .meta(fixed)
      .optional()
      .describe('Why its steps are skipped: the revision has served before (rollbackWindow).'),
    metrics: z.array(Metric).max(64).meta(fixed).describe('Metrics with all arguments filled in.'),
    calibration: z
      .array(Calibration)
      .max(64)
      .meta(fixed)
      .meta(listMap('metric'))
      .optional()
      .describe('What was known of the metrics from the past of the workload, at the start.'),
    abort: Abort.optional().describe('Rolls the release back, in every phase. Cannot be undone.'),
    paused: z
      .boolean()
      .optional()
      .describe('Keeps its weight; analysis continues and a failure still rolls back.'),
    approvals: z
      .array(Approval)
      .max(24)
      .meta(listMap('gate', 'by', 'onBehalfOf'))
      .optional()
      .describe('Gates that people have opened.'),
    skips: z
      .array(Skip)
      .max(21)
      .meta(listMap('step'))
      .optional()
      .describe(
        'Steps to leave without waiting for their verdicts. Each counts as an approval of the gate behind the step. A failing verdict still rolls back.',
      ),
    skipStep: z
      .int()
      .min(0)
      .max(20)
      .optional()
      .describe('Short for an entry of skips: the API server adds it, with the name of who asked.'),
    promote: Promote.optional().describe(
      'Full promotion: leaves out all steps and windows that remain. Counts as an approval of each gate. A failing verdict, pods that are not well, and abort still roll back. Cannot be undone.',
    ),
  })
  .meta(ACTIONS);
export type ReleaseSpec = z.infer<typeof ReleaseSpec>;

/** Counts of one version since the step began: bad events among events. */
export const ArmCounts = z.object({
  events: z.number().min(0).describe('Requests.'),
  bad: z
    .number()
    .min(0)
    .describe('Failed ones, or ones slower than the bucket edge that is compared with stable.'),
  over: z
    .number()
    .min(0)
    .optional()
    .describe('Requests slower than the bound of the latency, where the metric has one.'),
  quantile: z.number().optional().describe('Latency at the quantile in the last window, in seconds.'),
});
export type ArmCounts = z.infer<typeof ArmCounts>;

/** Running mean and variance of a figure over windows. */
export const Moments = z.object({
  windows: z.int().min(0).describe('Windows that went in.'),
  mean: z.number().describe('Mean over the windows.'),
  squares: z.number().describe('Sum of the squared distances from the mean.'),
});
export type Moments = z.infer<typeof Moments>;

/** Logarithms of likelihood ratios against one hypothesis, one for each strength of fault. */
const LogRatios = z.array(z.number()).max(8);

/** Bad events among events. */
const Tally = z.object({
  events: z.number().min(0).describe('Requests.'),
  bad: z.number().min(0).describe('Bad ones.'),
});

/**
 * Counts of several windows, at least half a minute together, so that a short burst counts once and not in each window.
 */
export const Block = z.object({
  seconds: z.number().min(0).describe('Length of its windows in all.'),
  canary: Tally.describe('The canary, in windows in which stable has data.'),
  stable: Tally.describe('Stable in the same windows.'),
  bound: Tally.describe('The canary against the absolute bound.'),
});
export type Block = z.infer<typeof Block>;

/** What is known about one metric over the whole release, in bounded size. */
export const Evidence = z.object({
  windows: z.int().min(0).describe('Windows with data since the release began.'),
  blocks: z.int().min(0).describe('Complete blocks of windows since the release began.'),
  ratio: LogRatios.describe('Against "the canary has at most so many times the bad events of stable".'),
  margin: LogRatios.describe('Against "the canary has at most so many bad events".'),
  bound: LogRatios.describe('Against "the canary keeps the absolute bound".'),
  stable: Moments.extend({
    sampling: z.number().describe('Sum of 1/requests: the variation that chance alone gives.'),
  }).describe('Share of bad events of stable by block, to learn how much it varies by itself.'),
  difference: Moments.describe('Difference of the shares of canary and stable by block.'),
  early: z
    .array(Block)
    .max(8)
    .describe('The first blocks, weighted again while the variation of stable is being learned.'),
  open: Block.describe('The block that is not complete yet.'),
});
export type Evidence = z.infer<typeof Evidence>;

/** What is known about one class of answers. */
const DriftClass = z.object({
  name: z.string().max(256).describe('Value of the label.'),
  canary: z.number().min(0).describe('Answers of the canary since the step began.'),
  stable: z.number().min(0).describe('Answers of stable since the step began.'),
  openCanary: z.number().min(0).describe('Answers of the canary in the block that is not complete yet.'),
  openStable: z.number().min(0).describe('Answers of stable in that block.'),
  more: LogRatios.describe('Against "the canary does not answer it more often than stable".'),
  less: LogRatios.describe('Against "the canary does not answer it less often than stable".'),
  difference: Moments.describe('Difference of the shares of canary and stable by block.'),
});
export type DriftClass = z.infer<typeof DriftClass>;

/** What is known about the answers of both versions over the whole release. */
export const Drift = z.object({
  blocks: z.int().min(0).describe('Complete blocks of windows since the release began.'),
  seconds: z.number().min(0).describe('Length of the block that is not complete yet.'),
  classes: z.array(DriftClass).max(16).describe('By class; what is beyond 15 classes is one.'),
});
export type Drift = z.infer<typeof Drift>;

/** The result of one window for a metric; its counts are those of the step until then. */
export const WindowRecord = z.object({
  at: Timestamp.describe('End of the window.'),
  step: z.int().min(0).max(20).describe('Index of the step.'),
  verdict: Verdict.describe('Verdict after this window.'),
  message: z
    .string()
    .max(320)
    .optional()
    .describe('The verdict in one sentence, where it is another than the one before.'),
  canary: ArmCounts.describe('The canary since the step began.'),
  stable: ArmCounts.describe('The stable version since the step began.'),
});
export type WindowRecord = z.infer<typeof WindowRecord>;

/** The measurements of a step, for a metric with a cadence of its own. */
export const Measured = z.object({
  since: Timestamp.describe('Since when the step is being analysed.'),
  at: Timestamp.optional().describe('End of the window in which it was last measured.'),
  outcomes: z
    .string()
    .max(100)
    .optional()
    .describe('Outcomes of the newest measurements, oldest first: p passed, f failed, i inconclusive.'),
  row: z.int().min(0).describe('Measurements that failed, in a row.'),
});
export type Measured = z.infer<typeof Measured>;

/** Number of windows that are kept for each metric. */
export const MOST_WINDOWS = 20;

/** The accumulated evidence about one metric, in bounded size, so that a restarted controller continues the test. */
export const MetricState = z.object({
  name: z.string().max(63).describe('Name of the metric.'),
  verdict: Verdict.describe('Verdict of the newest window.'),
  message: z.string().max(1024).describe('The verdict in one sentence, with numbers.'),
  windows: z.int().min(0).describe('Windows with data since the step began.'),
  misses: z.int().min(0).describe('Windows without data or with a provider error, in a row.'),
  holds: z
    .enum(['sharedFault', 'cold'])
    .optional()
    .describe(
      'Why it can neither pass nor fail now: stable is beyond the bound as well, or the pods of the canary are cold.',
    ),
  canary: ArmCounts.describe('The canary since the step began.'),
  stable: ArmCounts.describe('The stable version since the step began.'),
  edge: z.number().optional().describe('Bucket edge, in seconds, that stands for the bound.'),
  stableEdge: z
    .number()
    .optional()
    .describe('Bucket edge, in seconds, at which the canary is compared with stable.'),
  evidence: Evidence.optional().describe('The tests over the whole release. Absent before the first window.'),
  drift: Drift.optional().describe('The tests of a drift metric over the whole release.'),
  measured: Measured.optional().describe('The measurements of the step, of a metric that has a cadence.'),
  check: z
    .object({
      runs: z.int().min(0).describe('Runs of a check that are taken in.'),
      at: Timestamp.describe('When the newest of them ended.'),
    })
    .optional()
    .describe('How far a check is. Absent before its first run.'),
  history: z
    .array(WindowRecord)
    .max(MOST_WINDOWS)
    .optional()
    .describe('The newest windows of the release, newest last, for display.'),
});
export type MetricState = z.infer<typeof MetricState>;

/** Requests that a pod of either version has answered in a step, on average. */
export const PodLoad = z.object({
  canary: z.number().min(0).describe('Requests of each canary pod since the step began.'),
  stable: z.number().min(0).describe('Requests of each stable pod since the step began.'),
  canaryPods: z.int().min(0).describe('Ready canary pods.'),
  stablePods: z.int().min(0).describe('Ready stable pods.'),
  told: z
    .boolean()
    .describe('Whether a message in this step has said that one is more than twice the other.'),
});
export type PodLoad = z.infer<typeof PodLoad>;

export const AnalysisState = z.object({
  from: Timestamp.optional().describe('End of the newest window; the next one begins here.'),
  windows: z.int().min(0).describe('Windows since the step began.'),
  metrics: z.array(MetricState).max(64).describe('One entry for each metric.'),
  load: PodLoad.optional().describe('How the load of the pods compares. Absent while too little is counted.'),
});
export type AnalysisState = z.infer<typeof AnalysisState>;

/** One entry of the history of a Release. */
export const Passage = z.object({
  phase: z.string().max(64).describe('Phase, and the stage within it.'),
  at: Timestamp.describe('When it got there.'),
  reason: z.string().max(64).describe('Why, in one word.'),
});
export type Passage = z.infer<typeof Passage>;

/** What a router needs to know of the routes, for as long as a release lasts. */
export const RecordedPlan = z.object({
  router: z.string().max(63).describe('The router.'),
  data: z.record(z.string(), z.unknown()).describe('What it recorded: what the user had written, for one.'),
});
export type RecordedPlan = z.infer<typeof RecordedPlan>;

/**
 * For the API server a stage is any text: an older or newer controller may have other names, and must be able to write
 * them. Readers check whether they know the place.
 */
const StageName = z.string().max(32) as unknown as z.ZodType<Stage>;

export const ReleaseStatus = z.object({
  observedGeneration: z.int().min(0).optional().describe('Generation of the spec that the status is about.'),
  machineVersion: z.int().min(1).describe('Version of the state machine that wrote this.'),
  phase: Phase.describe('Where the release is.'),
  stage: StageName.optional().describe(`Where it is within the phase (${STAGES_TEXT}).`),
  reason: z.string().max(64).optional().describe('Why it is there, in one word.'),
  message: z.string().max(2048).optional().describe('Why it is there, in one sentence with numbers.'),
  step: z.int().min(0).max(20).describe('Index of the current step.'),
  stepText: z
    .string()
    .max(16)
    .optional()
    .describe(
      'Step for people: start, 2/3 (25 %) or promotion; 2/? while the evidence has yet to choose how many there are.',
    ),
  weight: z.int().min(0).max(100).describe('Percent of the traffic that the canary is to have.'),
  weights: z
    .array(z.int().min(1).max(100))
    .max(20)
    .optional()
    .describe('Weights of the steps so far, where the evidence chooses them (autoSteps).'),
  shared: z
    .boolean()
    .optional()
    .describe(
      'On the way back: all ready pods share the traffic, and weight is about the share of the canary.',
    ),
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
    'Since when the routes have been observed to match the goal.',
  ),
  withdrawnAt: Timestamp.optional().describe('When the abort first had the canary out of the routes.'),
  unhealthySince: Timestamp.optional().describe('Since when the canary has had no ready pod.'),
  replacing: z
    .boolean()
    .optional()
    .describe(
      'No canary pod is left that was ready: others load in their place, and are waited for as at first.',
    ),
  deadline: Timestamp.optional().describe('When the current phase or step has taken too long.'),
  finishedAt: Timestamp.optional().describe('When the release ended.'),
  verdict: Verdict.optional().describe('Verdict over all metrics.'),
  waitingFor: z.string().max(64).optional().describe('Gate that waits for a person.'),
  waitingSince: Timestamp.optional().describe('Since when it has waited.'),
  approvals: z.array(Given).max(24).optional().describe('Who approved what, oldest first.'),
  skips: z
    .array(AcceptedAction.extend({ step: z.int().min(0).max(20).describe('Index of the step, from 0.') }))
    .max(21)
    .optional()
    .describe('Who skipped which step, oldest first.'),
  promote: AcceptedAction.optional().describe('Who asked for the full promotion.'),
  service: z.string().max(253).optional().describe('Service whose traffic is shifted.'),
  routeGoal: z.string().max(32).optional().describe('Goal of the routes, such as split:10 or whole.'),
  availableAt: Timestamp.optional().describe('Since when the canary has been available at weight 0.'),
  baseline: Baseline.optional(),
  exposedAt: Timestamp.optional().describe('When the canary first got traffic.'),
  borrowed: z
    .int()
    .min(2)
    .optional()
    .describe('Pods that the Deployment had before the release borrowed one of them (canary.mode).'),
  next: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A newer pod template that came during the promotion; it is released after it.'),
  routeObjects: z
    .array(z.string().max(64))
    .max(32)
    .optional()
    .describe('uids of what the release has made beside the routes, such as the DestinationRule.'),
  plan: RecordedPlan.optional().describe('What the router recorded before it changed the routes.'),
  moreServices: z
    .array(z.string().max(253))
    .max(16)
    .optional()
    .describe('Only in releases that began before version 3 of the state machine: part of the plan.'),
  routes: z
    .array(z.record(z.string(), z.unknown()))
    .max(64)
    .optional()
    .describe('Only in releases that began before version 3 of the state machine: part of the plan.'),
  analysis: AnalysisState.optional().describe('The evidence.'),
  trail: z.array(Passage).max(40).optional().describe('What it went through, newest last.'),
  messages: z.array(Message).max(40).optional().describe('Messages to people, newest last.'),
  deliveries: z.array(Delivery).max(16).meta(listMap('to')).optional().describe('Progress of each receiver.'),
  delivering: z
    .object({
      by: z.string().max(253).describe('Replica of the controller.'),
      until: Timestamp.describe('When another may take it over.'),
    })
    .optional()
    .describe('Who is telling the receivers at the moment, so that no other does.'),
  notified: z.int().min(0).optional().describe('Number of the newest message that is settled everywhere.'),
  conditions: Conditions.optional().describe('Standard conditions.'),
});
export type ReleaseStatus = z.infer<typeof ReleaseStatus>;

/** A Release as it is stored: one attempt with one revision. */
export interface Release extends KubeObject {
  kind: 'Release';
  spec: ReleaseSpec;
  status?: ReleaseStatus;
}
