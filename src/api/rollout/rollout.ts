import { z } from 'zod';
import { MetricBounds } from '../analysis/analysis-template.ts';
import { Calibration } from '../analysis/calibration.ts';
import { TemplateRef } from '../analysis/template-ref.ts';
import { Conditions, type KubeObject, ObjectName, Timestamp } from '../meta.ts';
import { Link, NotificationTarget } from '../notification.ts';
import { listMap, matching, moreRules, rules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';
import { AB_TEST_CHECKS, AbTest, abTestRules } from './ab-test.ts';
import { ApprovalPolicy } from './approval.ts';
import { BLUE_GREEN_CHECKS, BlueGreen, blueGreenRules } from './blue-green.ts';
import { Capacity } from './capacity.ts';
import { CONNECT_HIGH, CONNECT_LONG, connectEnds, connectRules, connectsBelow } from './connect.ts';
import { gateRule, gatesOf } from './gates.ts';
import { Health } from './health.ts';
import { Learnt } from './learnt.ts';
import {
  AutoSteps,
  BAKE_DEFAULT,
  BAKE_LATE,
  bakesEnd,
  defaultBakeFits,
  fixedSteps,
  hasOnePace,
  ONE_PACE,
  type Pacing,
  paceRules,
  RollingUpdate,
  Steps,
} from './steps.ts';
import { Sticky } from './sticky.ts';

/**
 * How the traffic gets to the workload: the name of one router, with what that takes. Which there are, and what each takes,
 * is in `src/traffic/registry.ts`, whose schema stands in the CRDs in place of this one.
 */
export const Traffic = z.record(z.string(), z.unknown()).describe('The router: exactly one.');
export type Traffic = z.infer<typeof Traffic>;

const WINDOW = 'must be at least 1s: a window shorter than the scrape interval has no data';

export const Analysis = z.object({
  templates: z.array(TemplateRef).min(1).max(16).meta(listMap('kind', 'name')).describe('What is measured.'),
  bounds: z
    .array(MetricBounds)
    .max(32)
    .meta(listMap('name'))
    .optional()
    .describe('Bounds that replace those of the templates, by metric name.'),
  interval: Duration.refine((interval) => durationMs(interval) >= 1_000, WINDOW)
    .meta(moreRules(Duration, { rule: "duration(self) >= duration('1s')", message: WINDOW }))
    .default('10s')
    .describe('Length of one window. At least the scrape interval.'),
  warmup: Duration.default('5s').describe('Time after each change of weight that no window covers.'),
  minRequests: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(50)
    .describe('Requests that the canary must have answered at a weight before the step can pass.'),
  minWindows: z.int().min(1).max(1000).default(3).describe('Windows with data that a step needs.'),
  falseAbortRate: matching(
    /^(0\.[0-9]*[1-9][0-9]*|[1-9][0-9]?(\.[0-9]+)?)%$/,
    16,
    'must be a chance above 0 and below 100 percent: write it like 1% or 0.5%',
  )
    .default('1%')
    .describe(
      'Chance at most that a canary as good as stable is rolled back during a release, shared among its metrics.',
    ),
  learn: z
    .enum(['daily', 'off'])
    .default('daily')
    .describe(
      'Whether the past of the workload is asked once a day, while nothing is released, how much its rates vary by themselves. Needs a source that stores the past.',
    ),
  calibration: z
    .array(Calibration.omit({ days: true }))
    .max(32)
    .meta(listMap('metric'))
    .optional()
    .describe(
      'What is known of metrics better than their past shows: replaces what is learnt, figure by figure.',
    ),
  promoteOn: z
    .enum(['observed', 'proven'])
    .default('observed')
    .describe(
      'What a step needs to pass beside minWindows and minRequests: observed means that what was seen is within the bounds, proven that the canary is certain to be no worse than stable by more than maxIncrease, at the chance of falseAbortRate. Takes at least eight blocks of half a minute.',
    ),
  onSharedFault: z
    .enum(['hold', 'abort'])
    .default('hold')
    .describe(
      'What happens while stable is beyond an absolute bound as well and the canary is no worse: hold keeps the weight, tells people and continues when that is over, abort rolls back all the same.',
    ),
  onTimeout: z
    .enum(['hold', 'abort'])
    .default('hold')
    .describe(
      'What happens at the deadline of a step without enough evidence: hold keeps the weight and waits for a person, abort rolls back. Never promoted.',
    ),
  maxBake: Duration.optional().describe(
    'Longest time of analysed traffic that a step takes while its evidence is inconclusive; then onInconclusive. At most deadlines.step. Default: until deadlines.step, then onTimeout.',
  ),
  onInconclusive: z
    .enum(['hold', 'abort', 'promote'])
    .default('hold')
    .describe(
      'What happens at maxBake where there is data and it does not decide: hold keeps the weight and waits for a person or for evidence, abort rolls back, promote continues if minWindows and minRequests are met. Without data it is onTimeout that counts.',
    ),
});
export type Analysis = z.infer<typeof Analysis>;

const Deadlines = z.object({
  start: Duration.default('15m').describe('For the canary pods to become ready. Passed: rolled back.'),
  step: Duration.default('1h').describe('For one step to pass. Passed: analysis.onTimeout.'),
  promotion: Duration.default('1h').describe(
    'For the native rolling update to finish. Passed: a warning; the update continues.',
  ),
  drain: Duration.default('5m').describe(
    'For the proxies to send nothing more to a canary at weight 0, from the start of the abort. Passed: its pods are removed all the same. Not longer than spec.drain: nobody looks.',
  ),
});

const GATES =
  'approval.at: every gate must be start, promotion, or the name of one of the steps: its weight, or match or mirror, and match-2 for the second match; steps that the evidence chooses (autoSteps) have no gates of their own, nor has a rollingUpdate, and blueGreen has switch';

interface Gates extends Pacing {
  readonly approval?: { at: string[] } | undefined;
}

function gatesExist(policy: Gates): boolean {
  const own = policy.rollingUpdate === undefined ? gatesOf(fixedSteps(policy)) : [];
  const gates = ['start', 'promotion', ...own];
  return policy.approval === undefined || policy.approval.at.every((gate) => gates.includes(gate));
}

const NO_TRAFFIC =
  'traffic must name a router: write one, such as traffic: {service: {}}; only a rollingUpdate has none';
const NO_ROUTER = 'rollingUpdate has no router: take traffic away, or write steps in place of rollingUpdate';

const trafficRules = [
  { rule: 'has(self.traffic) || has(self.rollingUpdate)', message: NO_TRAFFIC },
  { rule: '!(has(self.traffic) && has(self.rollingUpdate))', message: NO_ROUTER },
];

const policyRules = rules(
  {
    rule: `!has(self.approval) || self.approval.at.all(gate, gate in ['start', 'promotion'] || has(self.steps) && (${gateRule}) || has(self.blueGreen) && gate == 'switch' || has(self.abTest) && (has(self.abTest.weight) ? gate == string(self.abTest.weight) : gate == 'match') || !has(self.steps) && !has(self.autoSteps) && !has(self.rollingUpdate) && !has(self.blueGreen) && !has(self.abTest) && gate in ['10', '25', '50'])`,
    message: GATES,
  },
  ...paceRules,
  ...trafficRules,
  ...connectRules,
  ...blueGreenRules,
  ...abTestRules,
);

/** What a Release copies from its Rollout at its start, so that later edits only affect later releases. */
const PolicyFields = z.object({
  steps: Steps.optional(),
  autoSteps: AutoSteps.optional().describe(
    'In place of steps: weights that are chosen from the evidence, as fast as it allows.',
  ),
  rollingUpdate: RollingUpdate.optional().describe(
    'In place of steps: the rolling update of the Deployment itself, without a router. Its first pods, as many as maxSurge, are analysed; then the others follow. A failing verdict stops it and goes back.',
  ),
  blueGreen: BlueGreen.optional().describe(
    'In place of steps: all pods of the new version beside the old ones, a preview, and all traffic in one step.',
  ),
  abTest: AbTest.optional().describe(
    'In place of steps: both versions beside each other for a time, at one share, until the better one has won.',
  ),
  traffic: Traffic.optional(),
  sticky: Sticky.optional().describe(
    'A client stays with its version while the weight rises, as far as the router can; an abort takes all of them back at once. Default: every request is divided by itself.',
  ),
  analysis: Analysis.describe('How the canary is judged.'),
  approval: ApprovalPolicy.optional().describe('Where a person must approve.'),
  notifications: z
    .array(NotificationTarget)
    .max(8)
    .meta(listMap('name'))
    .optional()
    .describe(
      'Receivers of messages. Default: the ConfigMap sluice-notifications of the namespace; an empty list is nobody.',
    ),
  links: z
    .array(Link)
    .max(8)
    .meta(listMap('name'))
    .optional()
    .describe('Pages that messages point to, such as a dashboard.'),
  deadlines: Deadlines.default({ start: '15m', step: '1h', promotion: '1h', drain: '5m' }).describe(
    'How long things may take.',
  ),
  settle: Duration.default('2s').describe(
    'Time that a change of routes takes to be in force in every proxy. Nothing that depends on it happens earlier.',
  ),
  drain: Duration.default('10s').describe(
    'Least time at weight 0 before canary pods are removed; longer while they still get requests (deadlines.drain).',
  ),
  unhealthyGrace: Duration.default('15s').describe(
    'Time that the canary may be without a ready pod, at weight 0, before it is rolled back. Pods that load in place of others have until deadlines.start.',
  ),
  health: Health.default({ maxRestarts: 1, maxEvictions: 0, notReady: '30s' }).describe(
    'What the canary pods may do before the release is rolled back regardless of metrics.',
  ),
  canary: Capacity.default({ mode: 'surge' }).describe(
    'How many pods the canary has, and where they come from.',
  ),
  rollbackWindow: z
    .object({
      revisions: z
        .int()
        .min(0)
        .max(10)
        .describe(
          'Revisions that served before the current one. A change back to one of them skips the steps.',
        ),
    })
    .optional()
    .describe('Which earlier revisions may come back without steps. Default: none.'),
  onNewRevision: z
    .enum(['supersede', 'queue'])
    .default('supersede')
    .describe(
      'What a newer pod template does to a release whose canary has pods: supersede ends it at once, queue has it wait until that release has ended, whichever way. Only the newest waits.',
    ),
  onAbort: z
    .enum(['hold', 'revert'])
    .default('hold')
    .describe(
      'After a roll-back: hold leaves the Deployment paused with the failed template (right for GitOps), revert writes the stable template back.',
    ),
});
/** Rules for a policy as a whole. */
function asPolicy<T extends typeof PolicyFields>(fields: T): T {
  return [...BLUE_GREEN_CHECKS, ...AB_TEST_CHECKS]
    .reduce<T>((known, [holds, message]) => known.refine(holds, message), fields)
    .refine(hasOnePace, ONE_PACE)
    .refine(({ traffic, rollingUpdate }) => (traffic ?? rollingUpdate) !== undefined, NO_TRAFFIC)
    .refine(({ traffic, rollingUpdate }) => traffic === undefined || rollingUpdate === undefined, NO_ROUTER)
    .refine(gatesExist, GATES)
    .refine(defaultBakeFits, BAKE_DEFAULT)
    .refine(bakesEnd, BAKE_LATE)
    .refine(connectsBelow, CONNECT_HIGH)
    .refine(connectEnds, CONNECT_LONG)
    .meta(policyRules);
}

export const Policy = asPolicy(PolicyFields);
export type Policy = z.infer<typeof Policy>;

/** The policy for one workload, written by people or derived from the annotations of a Deployment. */
export const RolloutSpec = asPolicy(
  PolicyFields.extend({
    target: z
      .object({
        kind: z.enum(['Deployment']).default('Deployment').describe('Kind of the workload.'),
        name: ObjectName.describe('Name of the workload, in the namespace of the Rollout.'),
      })
      .describe('The workload.'),
  }),
);
export type RolloutSpec = z.infer<typeof RolloutSpec>;

export const RolloutStatus = z.object({
  observedGeneration: z.int().min(0).optional().describe('Generation of the spec that the status is about.'),
  phase: z.string().max(32).optional().describe('Idle, Invalid, or the phase of the current Release.'),
  stable: z
    .object({
      podTemplateHash: z.string().max(63).describe('Label of the pods that serve.'),
      replicaSet: z.string().max(253).describe('ReplicaSet that serves.'),
      template: z
        .record(z.string(), z.unknown())
        .optional()
        .describe('Its pod template, from which its ReplicaSet is made again where that is gone.'),
    })
    .optional()
    .describe('The version that is stable. While the Deployment is held, nothing else serves.'),
  tried: z
    .string()
    .max(63)
    .optional()
    .describe(
      'Revision that was rolled back, or whose Release was deleted: not tried again by itself until another template stood in the Deployment.',
    ),
  retried: z
    .string()
    .max(253)
    .optional()
    .describe('Value of the annotation sluice.dev/retry that a release was begun for.'),
  superseded: z
    .int()
    .min(1)
    .optional()
    .describe('Releases in a row, of the last ten, that were ended by a newer pod template.'),
  release: z.string().max(253).optional().describe('The current Release.'),
  weight: z.int().min(0).max(100).optional().describe('Percent of traffic that the canary has.'),
  last: z
    .object({
      release: z.string().max(253).describe('Its name.'),
      revision: z.string().max(63).describe('Hash of the pod template that was tried.'),
      outcome: z.string().max(32).describe('Promoted, Aborted, Superseded or Cancelled.'),
      reason: z.string().max(64).describe('Why, in one word.'),
      at: Timestamp.describe('When it ended.'),
    })
    .optional()
    .describe('How the newest finished Release ended.'),
  learnt: Learnt.optional().describe('What the past of the workload shows; copied into the next Release.'),
  conditions: Conditions.optional().describe(
    'Ready: the next change of the template is gated. Progressing: how the current Release goes. KeepingUp is False while releases are ended by newer templates again and again.',
  ),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;

/** A Rollout as it is stored. */
export interface Rollout extends KubeObject {
  kind: 'Rollout';
  spec: RolloutSpec;
  status?: RolloutStatus;
}
