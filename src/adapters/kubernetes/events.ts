import { createHash } from 'node:crypto';
import { TRACEPARENT } from '../../api/annotations/annotations.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Clock } from '../../clock.ts';
import type { Events } from '../../ports/cluster.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import { microTime } from './lease.ts';
import { RESOURCES } from './resource.ts';

/** Maximum bytes of a note, a reason and an instance. */
const [NOTE_BYTES, REASON_BYTES, INSTANCE_BYTES] = [1_024, 128, 128];
/** Maximum number of events that wait to be sent; further ones are dropped. */
const QUEUED = 1_000;
/** Maximum number of remembered series. */
const REMEMBERED = 4_096;
/** An event that recurs later than this is new: the API server deletes events after an hour. */
const SERIES_MS = 30 * 60_000;

export interface EventDeps {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  /** This process, such as its pod's name. */
  readonly instance: string;
  readonly log: Pick<Log, 'warn'>;
  /** Receives the number of events dropped because the queue was full or the API server refused them. */
  readonly onDrop?: (() => void) | undefined;
}

interface Series {
  readonly regarding: KubeObject;
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  count: number;
  lastAt: number;
  /** Name and namespace of the Event, once it has been created. */
  sent: { readonly namespace: string; readonly name: string; readonly count: number } | null;
  queued: boolean;
}

/** The text truncated to a number of bytes, never within a character. */
export function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

function eventOf(deps: EventDeps, series: Series, name: string): KubeObject {
  const { regarding, type, reason, note, lastAt } = series;
  const { namespace, uid, resourceVersion, annotations } = regarding.metadata;
  const trace = annotations?.[TRACEPARENT];
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name,
      namespace: namespace ?? 'default',
      ...(trace === undefined ? {} : { annotations: { [TRACEPARENT]: trace } }),
    },
    eventTime: microTime(lastAt),
    reportingController: 'sluice.dev/controller',
    reportingInstance: cut(deps.instance, INSTANCE_BYTES),
    type,
    reason,
    action: reason,
    note,
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name: regarding.metadata.name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
    },
  };
}

/** A series is written at its first event, its second, its fourth and so on, so that many events need few writes. */
function isWorthWriting({ count, sent }: Series): boolean {
  return sent === null || count >= 2 * sent.count;
}

/** Remembers series; the oldest are dropped first. */
function createMemory() {
  const known = new Map<string, Series>();
  return (key: string, now: number, make: () => Series): Series => {
    let series = known.get(key);
    if (series !== undefined && now - series.lastAt > SERIES_MS) series = undefined;
    if (series === undefined) series = make();
    known.delete(key);
    known.set(key, series);
    const oldest = known.size > REMEMBERED ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return series;
  };
}

/**
 * Records events one after the other, so that they keep their order. Equal events increment one series. An event that
 * cannot be sent is dropped: nobody waits for events.
 */
export function createEvents(deps: EventDeps): Events & { idle(): Promise<void> } {
  return new Recorder(deps);
}

class Recorder implements Events {
  readonly #deps: EventDeps;
  readonly #remember = createMemory();
  readonly #queue: Series[] = [];
  #running: Promise<void> | null = null;

  constructor(deps: EventDeps) {
    this.#deps = deps;
  }

  record(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const now = this.#deps.clock.now();
    const told = { regarding, type, reason: cut(reason, REASON_BYTES), note: cut(note, NOTE_BYTES) };
    const fresh = (): Series => ({ ...told, count: 0, lastAt: now, sent: null, queued: false });
    const series = this.#remember(keyOf(told), now, fresh);
    series.count += 1;
    series.lastAt = now;
    if (!series.queued && isWorthWriting(series)) this.#enqueue(series);
  }

  /** Resolves when nothing waits to be sent. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #enqueue(series: Series): void {
    if (this.#queue.length >= QUEUED) {
      this.#deps.onDrop?.();
      return;
    }
    series.queued = true;
    this.#queue.push(series);
    this.#running ??= Promise.resolve().then(() => this.#drain());
  }

  async #drain(): Promise<void> {
    for (let series = this.#queue.shift(); series !== undefined; series = this.#queue.shift()) {
      series.queued = false;
      try {
        await this.#send(series);
      } catch (err) {
        this.#deps.onDrop?.();
        this.#deps.log.warn({ err, reason: series.reason }, 'event was not recorded');
      }
    }
    this.#running = null;
  }

  async #send(series: Series): Promise<void> {
    const { count, sent } = series;
    if (sent === null) return this.#create(series);
    const body = { series: { count, lastObservedTime: microTime(series.lastAt) } };
    try {
      await this.#deps.client.patch(RESOURCES.Event, sent, 'merge', body);
      series.sent = { ...sent, count };
    } catch (error) {
      if (!isCode(error, 'KUBERNETES_NOT_FOUND')) throw error;
      series.count = 1;
      await this.#create(series);
    }
  }

  async #create(series: Series): Promise<void> {
    const { count, regarding } = series;
    const suffix = `${keyOf(series)}${this.#deps.clock.now().toString(36)}`;
    const body = eventOf(
      this.#deps,
      series,
      `${regarding.metadata.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${suffix}`,
    );
    const { metadata } = await this.#deps.client.create(RESOURCES.Event, body);
    series.sent = { namespace: metadata.namespace ?? 'default', name: metadata.name, count };
  }
}

function keyOf({
  regarding,
  type,
  reason,
  note,
}: Omit<Series, 'count' | 'lastAt' | 'sent' | 'queued'>): string {
  const { kind, metadata } = regarding;
  const parts = [kind, metadata.namespace, metadata.name, metadata.uid, type, reason, note];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}
