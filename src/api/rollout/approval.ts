import { z } from 'zod';
import { SlackReceiver, WebhookReceiver } from '../notification.ts';
import { matching } from '../rules.ts';
import { Duration } from '../values/duration.ts';

/** A gate at which a person must approve: before the start, before a step, or before the promotion. */
export const GATE_PATTERN = /^(start|promotion|switch|(match|mirror)(-([2-9]|1[0-9]|20))?|[1-9][0-9]?|100)$/;
export const Gate = matching(
  GATE_PATTERN,
  16,
  'must be a gate: write start, promotion, the name of a step (its weight, match or mirror), or switch with blueGreen',
);

/** The channel through which a person outside of Kubernetes decided. */
const VIAS = ['slack', 'webhook', 'git'] as const;
export const Via = z.enum(VIAS);
export type Via = z.infer<typeof Via>;

const name = z.string().min(1).max(253);
const slackId = (letters: string, what: string, example: string) =>
  matching(
    new RegExp(`^[${letters}][A-Z0-9]{2,20}$`),
    21,
    `must be the ID of a ${what}: write it like ${example}`,
  );

const From = z.object({
  users: z
    .array(name)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Users of Kubernetes. For approvals in Git: who applies them.'),
  groups: z
    .array(name)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Groups of Kubernetes. They do not count for approvals in Git.'),
  slackUsers: z
    .array(slackId('UW', 'Slack user', 'U0123456789'))
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Slack users, by ID.'),
  slackGroups: z
    .array(slackId('S', 'Slack user group', 'S0123456789'))
    .max(8)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Slack user groups, by ID.'),
});

/** Where people must approve, who may approve, and how they are asked. */
export const ApprovalPolicy = z.object({
  at: z
    .array(Gate)
    .min(1)
    .max(24)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(
      'start, promotion, or the name of a step: its weight, or match or mirror, with the number among those where there are several: match-2. With blueGreen start, switch and promotion.',
    ),
  quorum: z.int().min(1).max(10).default(1).describe('Different people that must approve each gate.'),
  timeout: Duration.optional().describe('How long a gate waits. Without it, it waits for ever.'),
  onTimeout: z
    .enum(['hold', 'abort'])
    .default('hold')
    .describe('After the timeout: hold keeps the weight and warns, abort rolls back.'),
  from: From.optional().describe(
    'Who may approve, beside having the verb approve in RBAC. Without it all who have the verb, and nobody in Slack.',
  ),
  slack: SlackReceiver.optional().describe('Channel in which people are asked, with buttons.'),
  webhook: WebhookReceiver.optional().describe('System that is asked. Whatever has its secret may approve.'),
});
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

/**
 * Annotation on a Rollout or a Deployment that holds approvals in Git: `REVISION:GATE`, several separated by commas. It
 * opens only gates of that revision.
 */
export const APPROVE = 'sluice.dev/approve';
/** Annotation in which the API server writes who set the one above. */
export const APPROVED_BY = 'sluice.dev/approved-by';
