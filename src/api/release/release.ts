import { z } from 'zod';
import { Metric } from '../analysis/analysis-template.ts';
import { Calibration } from '../analysis/calibration.ts';
import { Conditions, type KubeObject, ObjectName, Timestamp } from '../meta.ts';
import { Baseline } from '../rollout/baseline.ts';
import { HttpMatches } from '../rollout/match.ts';
import { Policy } from '../rollout/rollout.ts';
import { listMap, rules } from '../rules.ts';
import { AnalysisState, Verdict } from './analysis-state.ts';
import { Delivery, Message } from './message.ts';
import { Phase, STAGES_TEXT, type Stage } from './places.ts';
import { Abort, ACTIONS, AcceptedAction, Approval, Given, Pause, Promote, Skip } from './release-actions.ts';

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
    shares: z
      .enum(['pods'])
      .meta(fixed)
      .optional()
      .describe(
        'pods: no route tells the versions apart, and the canary gets the share that its ready pods are. Absent: weights.',
      ),
    rounding: z
      .string()
      .max(1024)
      .meta(fixed)
      .optional()
      .describe('How the steps of the policy became those of the pods.'),
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
      .describe(
        'Keeps its weight, and stops the rolling update of a promotion between two pods; analysis continues and a failure still rolls back.',
      ),
    pause: Pause.optional().describe(
      'Why it is paused, beside paused. The API server adds who it was, and removes it when it is resumed.',
    ),
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

/** One entry of the history of a Release. */
export const Passage = z.object({
  phase: z.string().max(64).describe('Phase, and the stage within it.'),
  at: Timestamp.describe('When it got there.'),
  reason: z.string().max(64).describe('Why, in one word.'),
  weight: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Percent of the traffic that the canary was to have from then on.'),
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
    .max(32)
    .optional()
    .describe(
      'Step for people: start, 2/3 (25 %), 1/3 (match), 1/3 (mirror 20 %) or promotion; 2/? while the evidence has yet to choose how many there are.',
    ),
  weight: z
    .int()
    .min(0)
    .max(100)
    .describe(
      'Percent of the traffic that the canary is to have; where pods divide it (spec.shares), that its ready pods have.',
    ),
  match: HttpMatches.optional().describe('Requests that the canary is to have beside that.'),
  sticky: z
    .object({
      cookie: z.string().max(64).describe('Name of the cookie.'),
      seconds: z.int().min(1).describe('How long a client keeps it.'),
      thresholds: z
        .array(z.int().min(1).max(100))
        .max(40)
        .describe('Weights at which groups of clients move to the canary.'),
    })
    .optional()
    .describe('What keeps clients with their version while the weight rises.'),
  mirror: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Percent of the requests of which the canary is to get a copy, whose answers reach nobody.'),
  weights: z
    .array(z.int().min(1).max(100))
    .max(20)
    .optional()
    .describe('Weights of the steps so far, where the evidence chooses them (autoSteps).'),
  shared: z
    .boolean()
    .optional()
    .describe(
      'On the way back, or in a promotion at 100 % while no pod of the new version is ready: all ready pods share the traffic, and weight is about the share of the canary.',
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
  exposedAt: Timestamp.optional().describe('When the canary first got traffic, or copies of it.'),
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
