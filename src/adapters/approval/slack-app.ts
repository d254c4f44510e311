import type { App, Receiver, SocketModeReceiver } from '@slack/bolt';
import { SluiceError, wordsOf } from '../../errors.ts';
import { dispatcherFor, proxiedFetch } from '../../http/outgoing/agents.ts';
import type { Approvals } from '../../ports/approvals.ts';
import type { Log } from '../../ports/telemetry.ts';
import { act, type Pressed } from './slack-action.ts';

export interface SlackAppOptions {
  readonly apiUrl: string;
  readonly botToken: () => Promise<string>;
  readonly approvals: Approvals;
  readonly log: Log;
  readonly receiver: Receiver;
}

const BUTTON = /^sluice_(approve|reject|details)$/;

/** Bolt writes to our log at debug level: important entries are our own, without tokens. */
function boltLogger(log: Log) {
  const write = (...parts: unknown[]): void => {
    const text = parts.map((part) => wordsOf(part)).join(' ');
    log.debug({ slack: text.slice(0, 500) }, 'Slack app');
  };
  return {
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    setLevel: () => {},
    setName: () => {},
    getLevel: () => 'info' as never,
  };
}

function slackFailed(error: unknown): SluiceError {
  const code = (error as { data?: { error?: string } }).data?.error;
  return new SluiceError(
    'NOTIFICATION_FAILED',
    `Slack does not tell who is in the group${code === undefined ? '' : ` (${code})`}`,
    {
      retry: 'backoff',
    },
  );
}

/** The Slack app: handles the buttons of our messages, over either transport. */
export async function createSlackApp({
  apiUrl,
  botToken,
  approvals,
  log,
  receiver,
}: SlackAppOptions): Promise<App> {
  const bolt = await import('@slack/bolt');
  const app = new bolt.App({
    receiver,
    authorize: async () => ({ botToken: (await botToken()).trim() }),
    logger: boltLogger(log),
    clientOptions: {
      slackApiUrl: apiUrl,
      fetch: proxiedFetch,
      timeout: 5_000,
      retryConfig: { retries: 1 },
      rejectRateLimitedCalls: true,
    },
  });
  app.action(BUTTON, async ({ ack, body, action, client, respond }) => {
    await ack();
    const name = BUTTON.exec('action_id' in action ? action.action_id : '')?.[1];
    const value = 'value' in action ? action.value : '';
    const { id, ...rest } = body.user;
    const user = {
      id,
      name: 'username' in rest ? rest.username : 'name' in rest ? rest.name : id,
    };
    const members = async (usergroup: string): Promise<readonly string[]> => {
      const found = await client.usergroups.users.list({ usergroup }).catch((error: unknown): never => {
        throw slackFailed(error);
      });
      return found.users ?? [];
    };
    const text = await act({ approvals, members, log }, { button: name as Pressed['button'], value, user });
    await respond({ text, response_type: 'ephemeral', replace_original: false });
  });
  app.error(async (err) =>
    log.warn({ err: err instanceof Error ? new Error(err.message) : err }, 'Slack app failed'),
  );
  return app;
}

/** Opens the connection over which Slack reaches us without a public address. It reconnects for ever. */
export async function createSocketReceiver(
  appToken: string,
  { apiUrl, log }: Pick<SlackAppOptions, 'apiUrl' | 'log'>,
): Promise<SocketModeReceiver> {
  const { SocketModeReceiver: Socket } = await import('@slack/bolt');
  const dispatcher = dispatcherFor(apiUrl);
  return new Socket({
    ...(dispatcher === undefined ? {} : { dispatcher }),
    appToken: appToken.trim(),
    logger: boltLogger(log),
    installerOptions: { clientOptions: { slackApiUrl: apiUrl, fetch: proxiedFetch } },
  });
}
