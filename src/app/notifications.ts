import { briefly } from '../adapters/approval/briefly.ts';
import { createDecide } from '../adapters/approval/decide-endpoint.ts';
import { createLinks } from '../adapters/approval/link.ts';
import { serveApprovals } from '../adapters/approval/server.ts';
import { createSlackApp, createSocketReceiver } from '../adapters/approval/slack-app.ts';
import { createSlackHttp } from '../adapters/approval/slack-http.ts';
import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import { createSecrets, readConfigValue } from '../adapters/kubernetes/values.ts';
import { createWriter } from '../adapters/kubernetes/writer.ts';
import { createNotifier } from '../adapters/notify/notifier.ts';
import type { Release } from '../api/release.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { Listening } from '../http/listen.ts';
import { createTargets } from '../http/outgoing/targets.ts';
import { createApprovals } from '../people/approvals.ts';
import { deliverMessages, hasNews, type NotifyDeps, noticeKey } from '../people/deliver.ts';
import { PATIENCE } from '../people/delivery.ts';
import { createDefaults } from '../people/notification-defaults.ts';
import { recipientsOf } from '../people/recipients.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Secrets } from '../ports/cluster.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { Log, PeopleTelemetry } from '../ports/telemetry.ts';
import { inShares } from '../reconcile/namespace-share.ts';

/** Releases whose messages are on their way at once: of all, and of one namespace. */
const [MOST_RELEASES, PER_NAMESPACE] = [32, 8] as const;
/** How often messages are looked for though nothing has changed, and a lost Socket Mode is begun anew. */
const [RESYNC_MS, SOCKET_RETRY_MS] = [60_000, 30_000] as const;

export interface PeopleDeps {
  readonly config: Config;
  readonly kubernetes: Kubernetes;
  /** Carries the keys of Releases that have something to tell; its own, so that no pass waits for a receiver. */
  readonly queue: ReconcileQueue;
  readonly namespaces: () => Iterable<string>;
  readonly telemetry: PeopleTelemetry;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything by which the controller speaks with people, and they with it. */
export interface People {
  /** Tells what there is to tell. */
  begin(): void;
  /** Takes decisions: links and Slack. Rejects where the address cannot be had. */
  listen(): Promise<void>;
  /** Whether it is known, without asking, that nobody is to be told of a Release. */
  hasNobody(release: Release): boolean;
  stop(graceMs: number): Promise<void>;
}

function deskOf({ kubernetes, telemetry, log }: PeopleDeps): Approvals {
  const { client, store } = kubernetes;
  return createApprovals({
    store,
    fetch: (namespace, name) => client.get(RESOURCES.Release, { namespace, name }),
    // Whichever replica is asked writes: each vote is guarded by what it was decided from.
    writer: createWriter({ client, store, fence: () => true }),
    telemetry,
    log,
  });
}

interface Ears {
  listen(): Promise<void>;
  close(): Promise<void>;
}

type Credential = (key: string) => () => Promise<string>;

/** Socket Mode is tried again for ever, since its token may come later than we do. */
function socketOf({ config, log }: PeopleDeps, desk: Approvals, credential: Credential): Ears {
  let receiver: Awaited<ReturnType<typeof createSocketReceiver>> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const open = async (): Promise<void> => {
    const { slackApiUrl: apiUrl } = config;
    try {
      receiver = await createSocketReceiver(await credential('slack-app-token')(), { apiUrl, log });
      await createSlackApp({ apiUrl, botToken: credential('slack-bot-token'), desk, log, receiver });
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

function serverOf({ config, clock, log }: PeopleDeps, desk: Approvals, credential: Credential): Ears {
  let server: Listening | null = null;
  return {
    listen: async () => {
      if (config.approvalsAddress === undefined) return;
      const slack = createSlackHttp({
        apiUrl: config.slackApiUrl,
        botToken: credential('slack-bot-token'),
        signingSecret: briefly(credential('slack-signing-secret'), clock),
        desk,
        clock,
        log,
      });
      const decide = createDecide({ desk, key: briefly(credential('link-key'), clock), clock });
      server = await serveApprovals(config.approvalsAddress, { decide, slack }, log).catch(
        (error: unknown): never => {
          const why = wordsOf(error);
          throw new SluiceError('CONFIG_INVALID', `--approvals-address: ${why}`, { retry: 'terminal' });
        },
      );
    },
    close: async () => {
      await server?.close();
    },
  };
}

function notifierOf(
  { config, clock }: PeopleDeps,
  secrets: Secrets,
  botToken: () => Promise<string>,
): Notifier {
  const { slackApiUrl: apiUrl, allowTargets } = config;
  return createNotifier({
    slack: { apiUrl, botToken },
    secrets,
    clock,
    targets: createTargets(allowTargets),
  });
}

/** Puts it together; nothing runs before `begin` and `listen`. */
export function createPeople(deps: PeopleDeps): People {
  const { config, kubernetes, queue, namespaces, clock, log } = deps;
  const { client, store, writer, events } = kubernetes;
  const secrets = createSecrets(client);
  const credential: Credential = (key) => () =>
    secrets.read(config.leaseNamespace, { name: config.credentials, key });
  const desk = deskOf(deps);
  const defaults = createDefaults({ readValue: (...at) => readConfigValue(client, ...at), clock, log });
  const notify: NotifyDeps = {
    store,
    writer,
    events,
    desk,
    notifier: notifierOf(deps, secrets, credential('slack-bot-token')),
    links: createLinks(config.approvalsUrl, credential('link-key')),
    defaults,
    telemetry: deps.telemetry,
    patience: PATIENCE,
    identity: config.identity,
    clock,
    log,
  };
  const tell = inShares((key) => deliverMessages(notify, key), PER_NAMESPACE, clock);
  queue.process(tell, { concurrency: MOST_RELEASES });
  store.subscribe(({ kind, object }) => {
    if (kind === 'Release' && hasNews(object)) queue.wake(noticeKey(object));
  });
  const ears = [
    serverOf(deps, desk, credential),
    ...(config.slackSocket ? [socketOf(deps, desk, credential)] : []),
  ];
  let resync: NodeJS.Timeout | undefined;
  return {
    begin: () => {
      queue.start();
      resync = setInterval(() => {
        for (const namespace of namespaces())
          for (const release of store.list('Release', namespace))
            if (hasNews(release)) queue.wake(noticeKey(release));
      }, RESYNC_MS);
    },
    listen: async () => {
      for (const ear of ears) await ear.listen();
    },
    hasNobody: (release) => {
      const { namespace = '' } = release.metadata;
      const known = release.spec.policy.notifications === undefined ? defaults.known(namespace) : [];
      return known !== undefined && recipientsOf(release, known).length === 0;
    },
    stop: async (graceMs) => {
      clearInterval(resync);
      await Promise.all(ears.map((ear) => ear.close()));
      await queue.stop(graceMs);
    },
  };
}
