import { z } from 'zod';
import { Timestamp } from '../meta.ts';
import { Gate, Via } from '../rollout/approval.ts';
import { rules } from '../rules.ts';

const BY = 'Who did it. Set by the API server; what a client sends is replaced.';
const BEHALF = 'Who asked for it through Slack or a webhook. Only the controller can set it.';

const VIA = 'The way it came in, where it was not Kubernetes. Only the controller can set it.';
const TICKET = 'The one-time link that was used. Only the controller can set it.';

/** An approval of a gate. */
export const Approval = z.object({
  gate: Gate.describe('start, promotion, or the weight of a step.'),
  reason: z.string().max(1024).optional().describe('Why it was done.'),
  by: z.string().max(253).default('').describe(BY),
  onBehalfOf: z.string().max(253).default('').describe(BEHALF),
  via: Via.optional().describe(VIA),
  ticket: z.string().max(64).optional().describe(TICKET),
});

/** A request to roll back, or a rejection at a gate. */
export const Abort = z.object({
  gate: Gate.optional().describe('The gate at which the release was rejected.'),
  reason: z.string().max(1024).optional().describe('Why it was done.'),
  by: z.string().max(253).optional().describe(BY),
  onBehalfOf: z.string().max(253).optional().describe(BEHALF),
  via: Via.optional().describe(VIA),
  ticket: z.string().max(64).optional().describe(TICKET),
});

/** Who set `paused`, and why. */
export const Pause = z.object({
  reason: z.string().max(1024).optional().describe('Why it was done.'),
  by: z.string().max(253).optional().describe(BY),
});

/** A request to skip a step without its verdict. */
export const Skip = z.object({
  step: z.int().min(0).max(20).describe('Index of the step, from 0.'),
  reason: z.string().max(1024).optional().describe('Why it was done.'),
  by: z.string().max(253).optional().describe(BY),
});

/** A request to skip all remaining steps. */
export const Promote = z.object({
  reason: z.string().max(1024).optional().describe('Why it was done.'),
  by: z.string().max(253).optional().describe(BY),
});

/** Actions of people, and who took them, can never be changed. */
export const ACTIONS = rules(
  {
    rule: '!has(oldSelf.abort) || has(self.abort) && self.abort == oldSelf.abort',
    message:
      'abort cannot be undone or changed; to try the revision again, set the annotation sluice.dev/retry on the Rollout',
  },
  {
    rule: '!has(oldSelf.approvals) || has(self.approvals) && oldSelf.approvals.all(old, self.approvals.exists(now, now == old))',
    message: 'approvals that were given cannot be undone or changed; to stop the release, set abort',
  },
  {
    rule: '!has(oldSelf.skips) || has(self.skips) && oldSelf.skips.all(old, self.skips.exists(now, now == old))',
    message:
      'skips cannot be undone or changed; to keep the release at its weight, set paused; to stop it, set abort',
  },
  {
    rule: '!has(oldSelf.promote) || has(self.promote) && self.promote == oldSelf.promote',
    message:
      'promote cannot be undone or changed; to keep the release where it is, set paused; to stop it, set abort',
  },
  {
    rule: '!has(self.skips) || has(oldSelf.skips) && self.skips == oldSelf.skips || self.skips.all(one, one.step < (has(self.policy.steps) ? size(self.policy.steps) : has(self.policy.autoSteps) ? 21 : 3))',
    message:
      'skips[].step must be the index of a step: they are counted from 0, and spec.policy.steps has fewer',
  },
);

/** An accepted approval: who opened a gate, when, through which channel and why. */
export const Given = z.object({
  gate: Gate.describe('start, promotion, or the weight of a step.'),
  who: z.string().max(253).describe('Who approved.'),
  via: z.string().max(16).describe('kubernetes, slack, webhook or git.'),
  reason: z.string().max(1024).optional().describe('Why.'),
  at: Timestamp.describe('When it was seen.'),
});

/** An accepted skip or full promotion: who requested it, when, through which channel and why. */
export const AcceptedAction = z.object({
  who: z.string().max(253).describe('Who asked for it.'),
  via: z.string().max(16).describe('The way it came in: kubernetes.'),
  reason: z.string().max(1024).optional().describe('Why.'),
  at: Timestamp.describe('When it was seen.'),
});
export type AcceptedAction = z.infer<typeof AcceptedAction>;
