import type { Clock } from '../../clock.ts';
import { SluiceError } from '../../errors.ts';
import type { Targets } from '../../http/outgoing/targets.ts';
import { createPost, type HttpLimits, LIMITS } from '../../http/post.ts';
import type { Secrets } from '../../ports/cluster.ts';
import type { Notifier } from '../../ports/notifier.ts';
import { createEmail } from './email.ts';
import { createSlack, type SlackOptions } from './slack.ts';
import { createTeams } from './teams.ts';
import { createWebhook } from './webhook.ts';

export interface NotifierOptions {
  readonly slack: SlackOptions;
  readonly secrets: Secrets;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: HttpLimits;
  /** Allowed targets of receivers; Slack's address is the operator's. */
  readonly targets: Targets;
}

/** Sends through the channel that the receiver names. The libraries of a channel are loaded with its first message. */
export function createNotifier({
  slack,
  secrets,
  clock,
  targets,
  limits = LIMITS,
}: NotifierOptions): Notifier {
  const post = createPost(targets);
  const ways = {
    slack: createSlack(slack),
    webhook: createWebhook(post, limits),
    teams: createTeams(post, limits),
    email: createEmail(targets, limits.timeoutMs),
  };
  return {
    send: async (target, message, thread) => {
      const rest = { target, message, thread, secrets, clock };
      if (target.slack !== undefined) return ways.slack({ receiver: target.slack, ...rest });
      if (target.webhook !== undefined) return ways.webhook({ receiver: target.webhook, ...rest });
      if (target.teams !== undefined) return ways.teams({ receiver: target.teams, ...rest });
      if (target.email !== undefined) return ways.email({ receiver: target.email, ...rest });
      const why = `${target.to} has no receiver`;
      throw new SluiceError('NOTIFICATION_REFUSED', why, { retry: 'terminal' });
    },
  };
}
