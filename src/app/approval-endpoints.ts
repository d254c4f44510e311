import { briefly } from '../adapters/approval/briefly.ts';
import { createDecide } from '../adapters/approval/decide-endpoint.ts';
import { serveApprovals } from '../adapters/approval/server.ts';
import { createSlackApp, createSocketReceiver } from '../adapters/approval/slack-app.ts';
import { createSlackHttp } from '../adapters/approval/slack-http.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { Listening } from '../http/listen.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Runtime } from './runtime.ts';

/** Reads one of the credentials each time it is called: it may be rotated. */
export type Credential = (key: string) => () => Promise<string>;

/** A channel for decisions. */
export interface ApprovalEndpoint {
  /** Rejects if its address is not available. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a lost Socket Mode connection is reopened. */
const SOCKET_RETRY_MS = 30_000;

/** Socket Mode is retried for ever, since its token may be created after the controller. */
function createSocketMode(
  { config, log }: Runtime,
  approvals: Approvals,
  credential: Credential,
): ApprovalEndpoint {
  const { slackApiUrl: apiUrl } = config;
  const botToken = credential('slack-bot-token');
  let receiver: Awaited<ReturnType<typeof createSocketReceiver>> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const open = async (): Promise<void> => {
    try {
      receiver = await createSocketReceiver(await credential('slack-app-token')(), { apiUrl, log });
      await createSlackApp({ apiUrl, botToken, approvals, log, receiver });
      await receiver.start();
      log.info({}, 'Slack is connected by Socket Mode');
    } catch (error) {
      const why = error instanceof SluiceError ? error.message : 'the connection failed';
      log.warn({ why }, 'Socket Mode of Slack cannot be opened; trying again');
      timer = setTimeout(() => void open(), SOCKET_RETRY_MS);
    }
  };
  return {
    listen: async () => void open(),
    close: async () => {
      clearTimeout(timer);
      await receiver?.stop().catch(() => undefined);
    },
  };
}

/** Links in messages and Slack's buttons, over our HTTP address. */
function createApprovalServer(
  { config, clock, log }: Runtime,
  approvals: Approvals,
  credential: Credential,
): ApprovalEndpoint {
  const { slackApiUrl: apiUrl, approvalsAddress: address } = config;
  let server: Listening | null = null;
  return {
    listen: async () => {
      if (address === undefined) return;
      const botToken = credential('slack-bot-token');
      const signingSecret = briefly(credential('slack-signing-secret'), clock);
      const slack = createSlackHttp({ apiUrl, botToken, signingSecret, approvals, clock, log });
      const decide = createDecide({ approvals, key: briefly(credential('link-key'), clock), clock });
      server = await serveApprovals(address, { decide, slack }, log).catch((error: unknown): never => {
        const why = wordsOf(error);
        throw new SluiceError('CONFIG_INVALID', `--approvals-address: ${why}`, { retry: 'terminal' });
      });
    },
    close: async () => {
      await server?.close();
    },
  };
}

/** The configured channels for decisions outside of Kubernetes. */
export function createApprovalEndpoints(
  runtime: Runtime,
  approvals: Approvals,
  credential: Credential,
): readonly ApprovalEndpoint[] {
  const server = createApprovalServer(runtime, approvals, credential);
  return runtime.config.slackSocket ? [server, createSocketMode(runtime, approvals, credential)] : [server];
}
