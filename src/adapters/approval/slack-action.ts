import { z } from 'zod';
import type { ApprovalPolicy } from '../../api/rollout/approval.ts';
import { SluiceError } from '../../errors.ts';
import type { Approvals } from '../../ports/approvals.ts';
import type { ApprovalDecision, GateRef } from '../../ports/decision.ts';
import type { Notification } from '../../ports/notifier.ts';
import type { Log } from '../../ports/telemetry.ts';

const SubjectText = z.object({
  namespace: z.string().max(63),
  release: z.string().max(253),
  uid: z.string().max(64),
  gate: z.string().max(16),
});

/** A pressed button. */
export interface Pressed {
  readonly button: 'approve' | 'reject' | 'details';
  readonly value: string;
  readonly user: { readonly id: string; readonly name: string };
}

export interface ActionDeps {
  readonly approvals: Approvals;
  /** Members of a Slack user group, by ID. Fails if Slack does not answer. */
  readonly members: (group: string) => Promise<readonly string[]>;
  readonly log: Log;
}

function subjectOf(value: string): GateRef | null {
  try {
    const parsed = SubjectText.safeParse(JSON.parse(value));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Why somebody may not decide; null if they may. */
async function denial(
  { from }: ApprovalPolicy,
  user: string,
  members: ActionDeps['members'],
): Promise<string | null> {
  const { slackUsers = [], slackGroups = [] } = from ?? {};
  if (slackUsers.length === 0 && slackGroups.length === 0)
    return 'nobody may decide in Slack: the policy names no approval.from.slackUsers or approval.from.slackGroups';
  if (slackUsers.includes(user)) return null;
  for (const group of slackGroups) if ((await members(group)).includes(user)) return null;
  return `you (${user}) may not decide: the policy names ${[...slackUsers, ...slackGroups].join(', ')} (approval.from)`;
}

function details({ text, changes, metrics }: Notification): string {
  const verdicts = metrics.map(({ name, verdict, message }) => `• ${name}: ${verdict}: ${message}`);
  return [text, ...changes.map((line) => `• ${line}`), ...verdicts].join('\n').slice(0, 2_900);
}

async function decide(
  deps: ActionDeps,
  pressed: Pressed,
  subject: GateRef,
  decision: ApprovalDecision['decision'],
): Promise<string> {
  const found = await deps.approvals.pending(subject);
  if ('refused' in found) return found.refused;
  const { id, name } = pressed.user;
  const denied = await denial(found.asked, id, deps.members);
  if (denied !== null) {
    deps.log.info(
      { release: `${subject.namespace}/${subject.release}`, user: id, decision },
      'Slack user may not decide',
    );
    return denied;
  }
  const result = await deps.approvals.submit({ subject, decision, via: 'slack', who: `${id} ${name}` });
  return result.message;
}

/** Does what a button says; returns the text for the person who pressed it. Never throws. */
export async function act(deps: ActionDeps, pressed: Pressed): Promise<string> {
  const subject = subjectOf(pressed.value);
  if (subject === null) return 'this button is of another version of Sluice';
  try {
    if (pressed.button !== 'details') return await decide(deps, pressed, subject, pressed.button);
    const found = await deps.approvals.pending(subject);
    return 'refused' in found ? found.refused : details(found.about);
  } catch (err) {
    deps.log.warn({ err, button: pressed.button }, 'a button in Slack could not be acted on');
    const why = err instanceof SluiceError ? err.message : 'Slack or the API server cannot be asked';
    return `nothing was decided: ${why}; press the button again`;
  }
}
