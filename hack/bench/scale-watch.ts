import { setTimeout as delay } from 'node:timers/promises';
import { Cache } from '../../src/adapters/kubernetes/cache.ts';
import { createReflector } from '../../src/adapters/kubernetes/reflector.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Release } from '../../src/api/release/release.ts';
import { systemClock } from '../../src/clock.ts';
import { isFinal } from '../../src/release/machine.ts';
import { resourceFor, type TestKind } from '../testbed/api.ts';
import type { ScaleSite } from './scale-site.ts';

/** What is seen from outside, by watches of the bench's own; times are epoch milliseconds, by workload. */
export interface Outside {
  /** When the first pod of the new version was ready. */
  readonly readyAt: ReadonlyMap<string, number>;
  /** When the routes gave it its first share. */
  readonly weightAt: ReadonlyMap<string, number>;
  /** The phase that each release has ended in. */
  readonly ended: ReadonlyMap<string, string>;
  /** Whether there is a ReplicaSet of the workload with this hash. */
  isThere(workload: string, hash: string): boolean;
  stop(): void;
}

interface RouteSpec {
  readonly http?: readonly {
    readonly route?: readonly {
      readonly destination: { readonly subset?: string };
      readonly weight?: number;
    }[];
  }[];
}

function shareOf(routes: KubeObject): number {
  const { http = [] } = routes['spec'] as RouteSpec;
  const all = http.flatMap(({ route = [] }) => route);
  return all.find(({ destination }) => destination.subset === 'sluice-canary')?.weight ?? 0;
}

function podLabels(set: KubeObject): Readonly<Record<string, string>> {
  const { template } = set['spec'] as { template: { metadata: { labels?: Record<string, string> } } };
  return template.metadata.labels ?? {};
}

const silent = { info: () => undefined, warn: () => undefined };
const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** Remembers when something was first seen. */
function note(times: Map<string, number>, key: string): void {
  if (!times.has(key)) times.set(key, Date.now());
}

/** Begins to watch, and resolves once it knows what is there. */
export async function watchOutside({ api }: ScaleSite): Promise<Outside> {
  const stopping = new AbortController();
  const [readyAt, weightAt, ended] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, string>(),
  ];
  const hashes = new Set<string>();

  const follow = async (kind: TestKind, see: (object: KubeObject) => void): Promise<void> => {
    const reflector = createReflector({
      client: api.client,
      cache: new Cache(({ type, object }) => (type === 'deleted' ? undefined : see(object))),
      resource: resourceFor(kind),
      namespace: undefined,
      optional: false,
      relistMs: 3_600_000,
      clock: systemClock,
      random: Math.random,
      sleep: wait,
      log: silent,
    });
    void reflector.run(stopping.signal);
    await reflector.synced;
  };

  await Promise.all([
    follow('ReplicaSet', (set) => {
      const [owner] = set.metadata.ownerReferences ?? [];
      const { app = '', 'pod-template-hash': hash = '' } = podLabels(set);
      hashes.add(`${app}/${hash}`);
      const { readyReplicas = 0 } = (set['status'] ?? {}) as { readyReplicas?: number };
      if (owner?.kind === 'Release' && readyReplicas > 0) note(readyAt, app);
    }),
    follow('VirtualService', (routes) => {
      if (shareOf(routes) > 0) note(weightAt, routes.metadata.name);
    }),
    follow('Release', (object) => {
      const { spec, status } = object as Release;
      if (status !== undefined && isFinal(status.phase)) ended.set(spec.workload.name, status.phase);
    }),
  ]);
  return {
    readyAt,
    weightAt,
    ended,
    isThere: (workload, hash) => hashes.has(`${workload}/${hash}`),
    stop: () => stopping.abort(),
  };
}
