import type { Clock } from '../../clock.ts';
import { SluiceError } from '../../errors.ts';
import type { Targets } from '../../http/outgoing/targets.ts';
import { createPost, type HttpLimits, LIMITS } from '../../http/post.ts';
import type { Secrets } from '../../ports/cluster.ts';
import type { Notification, Notifier } from '../../ports/notifier.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { Draw } from './draw.ts';
import { createEmail } from './email.ts';
import type { Sending } from './send.ts';
import { createSlack, type SlackOptions } from './slack.ts';
import { createTeams } from './teams.ts';
import { createWebhook } from './webhook.ts';

export interface NotifierOptions {
  readonly slack: SlackOptions;
  readonly secrets: Secrets;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: HttpLimits;
  /** Draws pictures; absent where messages have none. */
  readonly draw?: Draw | undefined;
  readonly log: Pick<Log, 'warn'>;
  /** Allowed targets of receivers; Slack's address is the operator's. */
  readonly targets: Targets;
}

/** Largest picture that is sent, in bytes. */
const MOST_BYTES = 500_000;

/** How the picture of a message is drawn. Without one the message is sent all the same: its text says everything. */
function drawing(draw: Draw | undefined, { picture, id }: Notification, log: Pick<Log, 'warn'>) {
  return async (scale: number): ReturnType<Sending<'slack'>['draw']> => {
    if (draw === undefined || picture === null) return null;
    try {
      const png = await draw(picture.svg, scale);
      return png.length > MOST_BYTES ? null : { png, words: picture.words };
    } catch (error) {
      log.warn({ id, why: String(error) }, 'picture not drawn');
      return null;
    }
  };
}

/** Sends through the channel that the receiver names. The libraries of a channel are loaded with its first message. */
export function createNotifier({
  slack,
  secrets,
  clock,
  targets,
  draw,
  log,
  limits = LIMITS,
}: NotifierOptions): Notifier {
  const post = createPost(targets);
  const ways = {
    slack: createSlack(slack, log),
    webhook: createWebhook(post, limits),
    teams: createTeams(post, limits),
    email: createEmail(targets, limits.timeoutMs),
  };
  return {
    send: async (target, message, thread) => {
      const rest = { target, message, thread, secrets, clock, draw: drawing(draw, message, log) };
      if (target.slack !== undefined) return ways.slack({ receiver: target.slack, ...rest });
      if (target.webhook !== undefined) return ways.webhook({ receiver: target.webhook, ...rest });
      if (target.teams !== undefined) return ways.teams({ receiver: target.teams, ...rest });
      if (target.email !== undefined) return ways.email({ receiver: target.email, ...rest });
      const why = `${target.to} has no receiver`;
      throw new SluiceError('NOTIFICATION_REFUSED', why, { retry: 'terminal' });
    },
  };
}
