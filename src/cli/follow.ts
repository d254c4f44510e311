import { setTimeout as after } from 'node:timers/promises';
import { Cache } from '../adapters/kubernetes/cache.ts';
import { createReflector } from '../adapters/kubernetes/reflector.ts';
import { RESOURCES } from '../adapters/kubernetes/resource.ts';
import { sleep } from '../adapters/kubernetes/sleep.ts';
import type { KubeObject } from '../api/meta.ts';
import { systemClock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Session } from './session.ts';

/** The kinds that can be followed. */
export type Followed = 'Rollout' | 'Release' | 'Deployment' | 'ReplicaSet' | 'Pod';

/** The current objects of a namespace, kept up to date by list and watch. */
export interface Following {
  list(kind: Followed): readonly KubeObject[];
  /** Kinds of the workload that this person may not read; they are shown as far as the Release describes them. */
  readonly hidden: readonly Followed[];
  /** Why the state may be stale, if a watch is broken; else null. */
  trouble(): string | null;
  /** Resolves at the next change, or after some milliseconds. */
  changed(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const RELIST_MS = 10 * 60_000;

/** Which objects of a kind are followed: all of the namespace, or those of a selector. */
export type Selection = Partial<
  Record<Followed, { readonly labelSelector?: string; readonly fieldSelector?: string }>
>;

/** Kinds without which there is nothing to show. */
const NEEDED: readonly Followed[] = ['Rollout', 'Release'];

/** The answer; null if an optional kind may not be read by this person. */
export async function ifAllowed<T>(kind: Followed, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const forbidden = error instanceof SluiceError && error.code === 'KUBERNETES_FORBIDDEN';
    if (!forbidden || NEEDED.includes(kind)) throw error;
    return null;
  }
}

/** Starts following; resolves when everything has been listed once. Rejects if the first list fails. */
export async function follow(
  session: Session,
  selection: Selection,
  signal: AbortSignal,
): Promise<Following> {
  const { client, namespace } = session;
  const stopping = new AbortController();
  const given = AbortSignal.any([signal, stopping.signal]);
  let changes = Promise.withResolvers<void>();
  const note = (): void => {
    changes.resolve();
    changes = Promise.withResolvers();
  };
  const asked = Object.keys(selection) as Followed[];
  // List each once first, so that a forbidden or unreachable kind fails at once instead of being retried for ever.
  const firsts = await Promise.all(
    asked.map((kind) =>
      ifAllowed(kind, client.list(RESOURCES[kind], namespace, { ...selection[kind], limit: 1 })),
    ),
  );
  const hidden = asked.filter((_, at) => firsts[at] === null);
  const kinds = asked.filter((kind) => !hidden.includes(kind));
  const parts = kinds.map((kind) => {
    const only = selection[kind] ?? {};
    const cache = new Cache(note);
    const reflector = createReflector({
      client: {
        list: (resource, scope, query) => client.list(resource, scope, { ...query, ...only }),
        watch: (resource, scope, query, options) =>
          client.watch(resource, scope, { ...query, ...only }, options),
      },
      cache,
      resource: RESOURCES[kind],
      namespace,
      optional: false,
      relistMs: RELIST_MS,
      clock: systemClock,
      random: Math.random,
      sleep,
      log: { info: note, warn: note },
    });
    return { kind, cache, reflector };
  });
  const running = Promise.all(parts.map(({ reflector }) => reflector.run(given)));
  await Promise.race([Promise.all(parts.map(({ reflector }) => reflector.synced)), running]);
  return {
    hidden,
    list: (kind) => parts.find((one) => one.kind === kind)?.cache.list(namespace) ?? [],
    trouble: () =>
      parts.map(({ reflector }) => reflector.status().error).find((error) => error !== null) ?? null,
    changed: async (ms) => {
      const ended = new AbortController();
      const limit = after(ms, undefined, { signal: AbortSignal.any([given, ended.signal]) }).catch(
        () => undefined,
      );
      await Promise.race([changes.promise, limit]);
      ended.abort();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** The exit code of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** A signal that is aborted by Ctrl-C; a second one ends the process at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    process.exitCode = INTERRUPTED;
    controller.abort();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return controller.signal;
}
