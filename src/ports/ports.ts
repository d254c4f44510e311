import type { PodAnswer } from '../analysis/verdict/golden.ts';
import type { ApprovalPolicy, Via } from '../api/approval.ts';
import type { BodyFrom } from '../api/capacity.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Link, NotificationTarget, SecretKey, Severity } from '../api/notification.ts';
import type { Verdict } from '../api/release.ts';

/** The kinds that are kept in memory by watches. */
export type Kind =
  | 'Rollout'
  | 'Release'
  | 'AnalysisTemplate'
  | 'ClusterAnalysisTemplate'
  | 'Deployment'
  | 'ReplicaSet'
  | 'Service'
  | 'VirtualService'
  | 'DestinationRule';

/** Reads, from memory. An object may be a moment old: every write is guarded by what was read. */
export interface Store {
  get(kind: Kind, namespace: string, name: string): KubeObject | null;
  list(kind: Kind, namespace: string): readonly KubeObject[];
  /** Objects of all namespaces that name a Service of another one, by the key of `foreignServices`; absent where unknown. */
  naming?(kind: Kind, key: string): readonly KubeObject[];
}

/** The pods with a value of the label pod-template-hash, asked for anew. They are too many to be kept in memory. */
export type PodsOf = (namespace: string, hash: string) => Promise<readonly KubeObject[]>;

/** Reads the body of warm-up requests, or says what is missing and what to do. */
export type ReadBody = (
  namespace: string,
  at: BodyFrom,
) => Promise<{ readonly value: string | Uint8Array } | { readonly problem: string }>;

/** A request that warms a pod up. */
export interface WarmUpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly body?: string | Uint8Array;
  readonly contentType: string;
  readonly timeoutMs: number;
}

/** A request of a check. */
export interface PodQuestion {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Longest answer that is read. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/** Asks a pod. Rejects where there is no whole answer in time. */
export type AskPod = (question: PodQuestion) => Promise<PodAnswer | 'tooLong'>;

/** A value of a ConfigMap, read anew each time, or what a person must put right. Rejects where nobody can be asked. */
export type ReadText = (
  namespace: string,
  at: { readonly name: string; readonly key: string },
) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** Writes. Each fails with KUBERNETES_CONFLICT where the object is not as it was read. */
export interface Writer {
  /** Creates the object; one of that name that exists already is a conflict. */
  create(object: KubeObject): Promise<KubeObject>;
  /** Sends a JSON patch; its operations carry the guard. */
  patch(object: KubeObject, patch: readonly object[], subresource?: 'status'): Promise<KubeObject>;
  /** Deletes this very object (uid and resourceVersion); one that is gone is fine. */
  remove(object: KubeObject): Promise<void>;
}

/** Tells people, through the events of an object. Never throws and never waits. */
export interface Events {
  record(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void;
}

/** Figures about what happened. */
export interface Telemetry {
  phaseLeft(phase: string, seconds: number): void;
  ended(outcome: string, reason: string): void;
  verdict(namespace: string, rollout: string, metric: string, verdict: string): void;
  forget(namespace: string, rollout: string): void;
}

/** Share of the traffic that a canary is to get, in percent. */
export interface CanaryWeight {
  readonly namespace: string;
  readonly rollout: string;
  readonly weight: number;
}

/** Releases of a Rollout in a row that were ended by newer templates. */
export interface SupersededRun {
  readonly namespace: string;
  readonly rollout: string;
  readonly count: number;
}

/** Shares of bad requests in a release, as one metric has them, each under its name. */
export interface BadShare {
  readonly namespace: string;
  readonly rollout: string;
  readonly metric: string;
  readonly against: string;
  readonly shares: Readonly<Record<string, number>>;
}

/** A structured log; the message is constant, the figures are in the object. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Handles one key. Answers when to come back without being woken (epoch milliseconds), if at all. What it throws is
 * tried again as a `SluiceError` says, anything else with back-off.
 */
export type KeyHandler = (key: string) => Promise<{ readonly wakeAt?: number }>;

/** Keys by what they are doing in this process, for figures. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly timed: number;
}

/**
 * Carries keys to the handler: de-duplicated, one pass for a key at a time in this process, and a pass that begins
 * after the last wake. Nothing but the key is carried, so that a pass always acts on what is there when it runs.
 */
export interface ReconcileQueue {
  /** Runs the handler soon. Never throws and never waits. */
  wake(key: string): void;
  /** Runs the handler at a time (epoch milliseconds), or earlier; a pass that begins before it replaces it. */
  wakeAt(key: string, at: number): void;
  /** Sets the handler, before `start`. */
  process(handler: KeyHandler, options: { readonly concurrency: number }): void;
  /** Begins to hand keys to the handler, those woken before it included. */
  start(): void;
  /** Takes no further key; resolves to whether all passes under way have ended within `graceMs`. */
  stop(graceMs: number): Promise<boolean>;
  depth(): QueueDepth;
}

/** Figures of a queue that is shared by several processes. */
export interface QueueTelemetry {
  /** A key ran from this process's own queue: the shared one was lost, or did not run it here in time. */
  fallback(cause: 'lost' | 'notSeen'): void;
  connected(connected: boolean): void;
}

/** Values of Secrets, read anew each time, so that one that is rotated is used at once. */
export interface Secrets {
  /** The value. Fails with SECRET_MISSING, which names Secret and key and never a value. */
  read(namespace: string, ref: SecretKey): Promise<string>;
}

/** One decision that people are asked for. */
export interface Subject {
  readonly namespace: string;
  readonly release: string;
  readonly uid: string;
  readonly gate: string;
}

/** What somebody outside of Kubernetes has decided. */
export interface Vote {
  readonly subject: Subject;
  readonly decision: 'approve' | 'reject';
  readonly via: Via;
  /** Who it is, as people know them. */
  readonly who: string;
  readonly reason?: string | undefined;
  /** Of a one-time link. */
  readonly ticket?: string | undefined;
}

/** Whether a vote counts, and what the person is to read. */
export interface Cast {
  readonly accepted: boolean;
  readonly message: string;
}

/** Where votes are handed in. What it refuses changes nothing. */
export interface Desk {
  /** What stands to be decided, or why nothing does. Throws where the API server cannot be asked. */
  look(
    subject: Subject,
  ): Promise<{ readonly asked: ApprovalPolicy; readonly about: Notification } | { readonly refused: string }>;
  /** Writes the vote into the Release. Throws where the API server cannot be asked. */
  cast(vote: Vote): Promise<Cast>;
}

/** Figures about what people are told and decide. */
export interface PeopleTelemetry {
  message(way: string, result: 'delivered' | 'failed' | 'givenUp'): void;
  vote(via: Via, decision: Vote['decision'], accepted: boolean): void;
}

/** Makes one-time links. */
export interface Links {
  /** A link that hands in the vote until it expires (epoch milliseconds); null where no address is known. */
  link(subject: Subject, decision: Vote['decision'], expires: number): Promise<string | null>;
}

/** How one metric stands. */
export interface MetricNews {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly canary: { readonly events: number; readonly bad: number };
  readonly stable: { readonly events: number; readonly bad: number };
  /** Share of bad events of the canary in the first half minutes, oldest first. */
  readonly course: readonly number[];
}

/** A message about a release, with what a receiver shows beside it: how the release stands now. */
export interface Notification {
  /** The same for each try to deliver it, and for no other message. */
  readonly id: string;
  readonly at: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly text: string;
  readonly namespace: string;
  readonly release: string;
  readonly rollout: string;
  readonly workload: string;
  readonly revision: string;
  readonly phase: string;
  readonly step: string;
  readonly weight: number;
  /** What the pod template changes, a line a field; values that may be secret are left out. */
  readonly changes: readonly string[];
  readonly metrics: readonly MetricNews[];
  readonly approvals: readonly string[];
  readonly links: readonly Link[];
  /** The gate that waits now, if one does. */
  readonly gate: {
    readonly subject: Subject;
    readonly quorum: number;
    readonly links: { readonly approve: string; readonly reject: string } | null;
  } | null;
}

/** A receiver; the one that is asked for approval may answer. */
export type Target = Omit<NotificationTarget, 'name'> & { readonly to: string; readonly asks: boolean };

/** What a receiver has answered. */
export interface Receipt {
  /** What it calls the thread of the Release. */
  readonly ref?: string;
  readonly vote?: Pick<Vote, 'decision' | 'who' | 'reason'>;
}

/** Tells one receiver one message. Fails with NOTIFICATION_FAILED or NOTIFICATION_REFUSED, which name no secret. */
export interface Notifier {
  /** `thread` is what it answered before; `again` where an earlier try may have got through. */
  send(
    target: Target,
    message: Notification,
    thread: { readonly ref?: string | undefined; readonly again: boolean },
  ): Promise<Receipt>;
}

/** What a system outside is asked about a canary. */
export interface WebhookRequest {
  /** The Release that asks. */
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly url: string;
  /** What it is signed with. */
  readonly secret: string;
  /** What it carries as a bearer token. */
  readonly token?: string;
  /** The same for each try. */
  readonly id: string;
  readonly body: string;
  /** Longest time for one try. */
  readonly timeoutMs: number;
}

/** What it answers, or why that is no answer. */
export type WebhookReply =
  | {
      readonly kind: 'pass' | 'fail' | 'inconclusive' | 'noData' | 'providerError';
      readonly message: string;
    }
  | { readonly kind: 'value'; readonly value: number; readonly message: string };

/** Asks a system outside. Never rejects: whatever goes wrong is a reply that says so, and names no secret. */
export type AskWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<WebhookReply>;

/** Jobs, each asked for anew. They are too few to be watched. */
export interface Jobs {
  /** Creates it, or only asks whether it could be. Fails with KUBERNETES_CONFLICT where it exists. */
  create(job: KubeObject, options?: { readonly dryRun: true }): Promise<KubeObject>;
  get(namespace: string, name: string): Promise<KubeObject | null>;
  podsOf(job: KubeObject): Promise<readonly KubeObject[]>;
  /** Deletes this very Job and its pods; one that is gone is fine. */
  remove(job: KubeObject): Promise<void>;
}
