import { createLinks } from '../adapters/approval/link.ts';
import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import { createSecrets, readConfigValue } from '../adapters/kubernetes/values.ts';
import { createWriter } from '../adapters/kubernetes/writer.ts';
import { createDraw } from '../adapters/notify/draw.ts';
import { createNotifier } from '../adapters/notify/notifier.ts';
import { createPeopleMetrics } from '../adapters/telemetry/people-metrics.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { createTargets } from '../http/outgoing/targets.ts';
import { createApprovals } from '../people/approvals.ts';
import { deliverMessages, hasNews, type NotifyDeps, noticeKey } from '../people/deliver.ts';
import { PATIENCE } from '../people/delivery.ts';
import { createDefaults, type Defaults } from '../people/notification-defaults.ts';
import { recipientsOf } from '../people/recipients.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import type { PeopleTelemetry } from '../ports/telemetry.ts';
import type { KnownNamespaces } from '../reconcile/known-namespaces.ts';
import { inShares } from '../reconcile/namespace-share.ts';
import { type Credential, createApprovalEndpoints } from './approval-endpoints.ts';
import type { Runtime } from './runtime.ts';

/** Maximum number of Releases whose messages are being sent: in total, and per namespace. */
const [MOST_RELEASES, PER_NAMESPACE] = [32, 8] as const;
/** How often messages are searched for without a change. */
const RESYNC_MS = 60_000;

interface PeopleParts {
  readonly kubernetes: Kubernetes;
  readonly namespaces: KnownNamespaces;
  /** Carries the keys of Releases that have messages to deliver. */
  readonly queue: ReconcileQueue;
}

/** Communication with people, in both directions. */
export interface People {
  /** Delivers pending messages. */
  begin(): void;
  /** Accepts decisions: links and Slack. Rejects if the address is not available. */
  listen(): Promise<void>;
  /** Whether it is known, without a request, that a Release has no recipients. */
  hasNobody(release: Release): boolean;
  stop(graceMs: number): Promise<void>;
}

function approvalsOf({ log }: Runtime, { client, store }: Kubernetes, telemetry: PeopleTelemetry): Approvals {
  return createApprovals({
    store,
    fetch: (namespace, name) => client.get(RESOURCES.Release, { namespace, name }),
    // Any replica may write: each decision is guarded by the state it was made from.
    writer: createWriter({ client, store, fence: () => true }),
    telemetry,
    log,
  });
}

/** Delivers the messages of Releases, and searches for them from time to time. */
function createDelivery(notify: NotifyDeps, { kubernetes, namespaces, queue }: PeopleParts) {
  const { store } = kubernetes;
  const note = (object: KubeObject): void => {
    if (hasNews(object)) queue.wake(noticeKey(object));
  };
  queue.process(
    inShares((key) => deliverMessages(notify, key), PER_NAMESPACE, notify.clock),
    { concurrency: MOST_RELEASES },
  );
  store.subscribe(({ kind, object }) => {
    if (kind === 'Release') note(object);
  });
  let resync: NodeJS.Timeout | undefined;
  return {
    begin: (): void => {
      queue.start();
      resync = setInterval(() => {
        for (const namespace of namespaces.all()) store.list('Release', namespace).forEach(note);
      }, RESYNC_MS);
    },
    pause: () => clearInterval(resync),
  };
}

function hasNobody(release: Release, defaults: Pick<Defaults, 'known'>): boolean {
  const { namespace = '' } = release.metadata;
  const known = release.spec.policy.notifications === undefined ? defaults.known(namespace) : [];
  return known !== undefined && recipientsOf(release, known).length === 0;
}

/** Messages to people, and their decisions. Nothing runs before `begin` and `listen`. */
export function createPeople(runtime: Runtime, parts: PeopleParts): People {
  const { config, clock, log, metrics } = runtime;
  const { kubernetes, queue } = parts;
  const { client, store, writer, events } = kubernetes;
  const secrets = createSecrets(client);
  const credential: Credential = (key) => () =>
    secrets.read(config.leaseNamespace, { name: config.credentials, key });
  const telemetry = createPeopleMetrics(metrics.registry);
  const approvals = approvalsOf(runtime, kubernetes, telemetry);
  const endpoints = createApprovalEndpoints(runtime, approvals, credential);
  const defaults = createDefaults({ readValue: (...at) => readConfigValue(client, ...at), clock, log });
  const slack = { apiUrl: config.slackApiUrl, botToken: credential('slack-bot-token') };
  const notify = {
    store,
    writer,
    events,
    approvals,
    notifier: createNotifier({
      slack,
      secrets,
      clock,
      log,
      targets: createTargets(config.allowTargets),
      ...(config.pictures ? { draw: createDraw() } : {}),
    }),
    links: createLinks(config.approvalsUrl, credential('link-key')),
    defaults,
    telemetry,
    patience: PATIENCE,
    identity: config.identity,
    clock,
    log,
  };
  const delivery = createDelivery(notify, parts);
  return {
    begin: () => delivery.begin(),
    listen: async () => {
      for (const endpoint of endpoints) await endpoint.listen();
    },
    hasNobody: (release) => hasNobody(release, defaults),
    stop: async (graceMs) => {
      delivery.pause();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      await queue.stop(graceMs);
    },
  };
}
