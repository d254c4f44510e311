import type { KubeObject } from '../api/meta.ts';
import type { NotificationTarget } from '../api/notification.ts';
import type { Delivery } from '../api/release/message.ts';
import type { Release } from '../api/release/release.ts';
import { ifUnchanged, type PatchOperation } from '../api/values/json-patch.ts';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Events, Store, Writer } from '../ports/cluster.ts';
import type { Links } from '../ports/decision.ts';
import type { Notification, Notifier, Target } from '../ports/notifier.ts';
import type { Log, PeopleTelemetry } from '../ports/telemetry.ts';
import { parseRelease } from '../release/parse.ts';
import { type NewCondition, withCondition } from '../release/status/conditions.ts';
import { delivered, deliveryOf, failedTry, type Patience, pendingOf, settledAt } from './delivery.ts';
import { linkExpiry, notificationOf } from './notification.ts';
import { ASKED_BY_WEBHOOK, recipientsOf } from './recipients.ts';

export interface NotifyDeps {
  readonly store: Store;
  readonly writer: Writer;
  readonly events: Events;
  readonly notifier: Notifier;
  readonly approvals: Pick<Approvals, 'submit'>;
  readonly links: Links;
  /** Receivers of Releases whose policy names none. Fails if they cannot be read. */
  readonly defaults: (namespace: string) => Promise<readonly NotificationTarget[]>;
  readonly telemetry: Pick<PeopleTelemetry, 'message'>;
  readonly patience: Patience;
  /** Name of this process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Maximum time of one process for a round; after it another takes the messages over. */
const CLAIM_MS = 90_000;
/** Maximum messages for one receiver in a round. */
const ROUND = 4;
/** How soon to try again if another process is delivering, or won a race. */
const AGAIN_MS = 1_000;

/** The key of the messages of a Release. */
export function noticeKey({ metadata }: Pick<Release, 'metadata'>): string {
  return `notice/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Whether a Release may have messages to deliver. */
export function hasNews(object: KubeObject): boolean {
  const { messages, notified = 0 } = (object['status'] ?? {}) as { messages?: unknown; notified?: number };
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  return ((last as { seq?: number } | undefined)?.seq ?? 0) > notified;
}

async function withLinks(deps: NotifyDeps, release: Release, about: Notification): Promise<Notification> {
  const { gate } = about;
  if (gate === null) return about;
  const expires = linkExpiry(release);
  const approve = await deps.links.link(gate.subject, 'approve', expires);
  const reject = await deps.links.link(gate.subject, 'reject', expires);
  return approve === null || reject === null
    ? about
    : { ...about, gate: { ...gate, links: { approve, reject } } };
}

/** The kind of receiver, for metrics. */
function wayOf({ slack, webhook, teams }: Target): string {
  if (slack !== undefined) return 'slack';
  if (webhook !== undefined) return 'webhook';
  return teams === undefined ? 'email' : 'teams';
}

/** Sends one receiver its pending messages, in order, until it has all or a try fails. */
async function tell(deps: NotifyDeps, release: Release, target: Target, again: boolean): Promise<Delivery> {
  let state = deliveryOf(release, target.to);
  for (const message of pendingOf(release, target, state).slice(0, ROUND)) {
    try {
      const about = await noticeFor(deps, release, target, message);
      const { ref, decision } = await deps.notifier.send(target, about, { ref: state.ref, again });
      if (decision !== undefined && about.gate !== null)
        await deps.approvals.submit({ ...decision, subject: about.gate.subject, via: 'webhook' });
      state = delivered(state, message, ref);
      deps.telemetry.message(wayOf(target), 'delivered');
    } catch (error) {
      const { clock, patience, telemetry, log } = deps;
      state = failedTry(state, message, error, { now: clock.now(), patience });
      const about = { release: `${release.metadata.namespace}/${release.metadata.name}`, to: target.to };
      log.warn(
        { ...about, seq: message.seq, attempts: state.attempts, why: state.error },
        'message not delivered',
      );
      telemetry.message(wayOf(target), state.retryAt === undefined ? 'givenUp' : 'failed');
      if (state.retryAt !== undefined) return state;
    }
  }
  return settledAt(release, target, state);
}

async function noticeFor(
  deps: NotifyDeps,
  release: Release,
  target: Target,
  message: Parameters<typeof notificationOf>[2],
): Promise<Notification> {
  const about = notificationOf(deps.store, release, message);
  return target.to === ASKED_BY_WEBHOOK ? withLinks(deps, release, about) : about;
}

function conditionOf(deliveries: readonly Delivery[]): NewCondition | null {
  const bad = deliveries.filter(({ failed }) => failed > 0);
  if (bad.length === 0) return null;
  const message = bad.map(
    ({ to, failed, error }) => `${to}: ${failed} failed${error === undefined ? '' : `; ${error}`}`,
  );
  return {
    type: 'Notified',
    status: 'False',
    reason: 'DeliveryFailed',
    message: message.join('; ').slice(0, 2_000),
  };
}

const claimPath = '/status/delivering';

/**
 * Claims the messages for this process; returns null if there is nothing to send, since then nothing can be sent twice.
 * Fails with KUBERNETES_CONFLICT if the Release has changed in the meantime.
 */
async function claim(
  { writer, identity, clock }: NotifyDeps,
  release: Release,
  due: readonly Target[],
): Promise<object | null> {
  if (due.length === 0) return null;
  const value = { by: identity, until: new Date(clock.now() + CLAIM_MS).toISOString() };
  await writer.patch(release, [ifUnchanged(release), { op: 'add', path: claimPath, value }], 'status');
  return value;
}

/**
 * Records the progress of each receiver. Guarded by the claim alone, so that transitions in the meantime do not lose
 * what has been delivered.
 */
async function record(
  { writer, clock }: NotifyDeps,
  release: Release,
  claimed: object | null,
  deliveries: readonly Delivery[],
  notified: number,
): Promise<void> {
  const free: PatchOperation[] =
    release.status?.delivering === undefined ? [] : [{ op: 'remove', path: claimPath }];
  const guard: PatchOperation[] =
    claimed === null
      ? [ifUnchanged(release), ...free]
      : [
          { op: 'test', path: '/metadata/uid', value: release.metadata.uid },
          { op: 'test', path: claimPath, value: claimed },
          { op: 'remove', path: claimPath },
        ];
  const operations: PatchOperation[] = [
    ...guard,
    { op: 'add', path: '/status/deliveries', value: deliveries },
    { op: 'add', path: '/status/notified', value: notified },
  ];
  await writer.patch(release, operations, 'status');
  const condition = conditionOf(deliveries);
  const before = release.status?.conditions;
  const known = before?.find(({ type }) => type === 'Notified');
  if (condition === null || known?.message === condition.message) return;
  const told = withCondition(before, condition, clock.now());
  const unchanged: PatchOperation[] =
    before === undefined ? [] : [{ op: 'test', path: '/status/conditions', value: before }];
  await writer
    .patch(release, [...unchanged, { op: 'add', path: '/status/conditions', value: told }], 'status')
    .catch((error: unknown) => {
      // The next message includes it.
      if (!(error instanceof SluiceError) || error.code !== 'KUBERNETES_CONFLICT') throw error;
    });
}

function tellGivenUp({ events }: NotifyDeps, release: Release, after: readonly Delivery[]): void {
  for (const state of after) {
    if (state.failed > deliveryOf(release, state.to).failed)
      events.record(
        release,
        'Warning',
        'NotificationFailed',
        `${state.to}: ${state.error ?? ''}`.slice(0, 1_000),
      );
  }
}

function wakeOf(
  release: Release,
  targets: readonly Target[],
  after: readonly Delivery[],
  now: number,
): number | undefined {
  const times = targets.flatMap((target) => {
    const state = after.find(({ to }) => to === target.to);
    if (state === undefined || pendingOf(release, target, state).length === 0) return [];
    return [state.retryAt === undefined ? now : Date.parse(state.retryAt)];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Newest message that is settled for every receiver; a receiver without pending messages counts as up to date. */
function notifiedOf(release: Release, after: readonly Delivery[]): number {
  const newest = release.status?.messages?.at(-1)?.seq ?? 0;
  return Math.min(newest, ...after.map(({ seq }) => seq));
}

function readRelease(store: Store, key: string): Release | null {
  const [, namespace = '', name = ''] = key.split('/');
  const object = store.get('Release', namespace, name);
  const parsed = object === null ? null : parseRelease(object);
  return parsed !== null && 'value' in parsed ? parsed.value : null;
}

/**
 * Delivers the messages of a Release: the messages are in its status, and so is the progress of each receiver. A
 * process claims them first; if it finds an older claim, it tells the receiver's adapter that an earlier try may have
 * succeeded. No release waits for this.
 */
export async function deliverMessages(deps: NotifyDeps, key: string): Promise<{ wakeAt?: number }> {
  const release = readRelease(deps.store, key);
  if (release === null || !hasNews(release)) return {};
  const now = deps.clock.now();
  const { delivering } = release.status ?? {};
  const isTaken =
    delivering !== undefined && delivering.by !== deps.identity && Date.parse(delivering.until) > now;
  if (isTaken) return { wakeAt: Date.parse(delivering.until) };
  const defaults =
    release.spec.policy.notifications === undefined
      ? await deps.defaults(release.metadata.namespace ?? '')
      : [];
  const targets = recipientsOf(release, defaults);
  const due = targets.filter((target) => {
    const state = deliveryOf(release, target.to);
    return pendingOf(release, target, state).length > 0 && (Date.parse(state.retryAt ?? '') || 0) <= now;
  });
  const isEnded = release.status?.finishedAt !== undefined;
  const before = targets.map((target) => settledAt(release, target, deliveryOf(release, target.to)));
  const waits = wakeOf(release, targets, before, now);
  // For a Release without receivers, or without messages for them, a write is only needed at its end.
  if (due.length === 0 && (!isEnded || waits !== undefined))
    return waits === undefined ? {} : { wakeAt: waits };
  const claimed = await claim(deps, release, due);
  const again = delivering !== undefined;
  const told = await Promise.all(due.map((target) => tell(deps, release, target, again)));
  const after = before.map((state) => told.find(({ to }) => to === state.to) ?? state);
  await record(deps, release, claimed, after, notifiedOf(release, after));
  tellGivenUp(deps, release, after);
  const wakeAt = wakeOf(release, targets, after, deps.clock.now());
  return wakeAt === undefined ? {} : { wakeAt: Math.max(wakeAt, now + AGAIN_MS) };
}
