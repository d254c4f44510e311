import type { KubeObject } from '../api/meta.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import type { PodsOf } from '../ports/pods.ts';
import { type ObservedPods, observePods, usualRestarts } from '../release/canary/pod-health.ts';
import type { Observation } from '../release/observed.ts';
import { stageOf } from '../release/stages/table.ts';
import type { PendingAnswers } from './pending-answers.ts';

/** The result of a listing: the pods, if known, and when to list them again, if useful. */
interface Looked {
  readonly pods?: ObservedPods;
  readonly lookAt?: number;
}

/** Lists a canary's pods while they are not all ready. */
export interface PodLists {
  /** The last result, if the ReplicaSet has not changed since. */
  last(seen: Observation): Looked;
  /** Why the pods of a version do not become ready, if they are not just loading. Never rejects. */
  stuck(namespace: string, hash: string): Promise<string | null>;
  /** Waits for at most `budgetMs`; without an answer it is read again later. Never rejects. */
  look(seen: Observation, status: ReleaseStatus, budgetMs: number): Promise<Looked>;
}

/** A listing, by the version of the ReplicaSet that caused it. */
interface Known {
  readonly at: number;
  readonly pods: ObservedPods;
}

/** How soon after the beginning of a stage loading pods are listed, and the bounds of the interval. */
const [FIRST_MS, OFTEN_MS, SELDOM_MS, AGAIN_MS] = [5_000, 2_000, 15_000, 250];

function isWorthIt({ canary }: Observation, status: ReleaseStatus): boolean {
  return stageOf(status).podsWatched !== 'no' && canary !== null && canary.ready < canary.replicas;
}

/** The longer the wait, the less often it polls. */
function pauseMs(ageMs: number): number {
  return Math.min(SELDOM_MS, Math.max(OFTEN_MS, ageMs / 4));
}

/** The canary's pods. If their containers crash too often, stable's are listed to see whether they do so too. */
async function readPods(
  podsOf: PodsOf,
  { metadata, spec }: Release,
  hash: string,
): Promise<ObservedPods | 'unknown'> {
  const { namespace = '' } = metadata;
  const pods = await podsOf(namespace, hash).catch(() => null);
  if (pods === null) return 'unknown';
  const seen = observePods(pods);
  if (seen.restarts.count <= spec.policy.health.maxRestarts) return seen;
  const stable = await podsOf(namespace, spec.stable.podTemplateHash).catch(() => []);
  return observePods(pods, usualRestarts(stable));
}

/** Creates the lists. */
export function createPodLists(podsOf: PodsOf, soon: PendingAnswers<ObservedPods | 'unknown'>): PodLists {
  const known = new WeakMap<KubeObject, Known>();
  return {
    last: ({ canary }) => {
      const before = canary === null ? undefined : known.get(canary.object);
      return before === undefined ? {} : { pods: before.pods };
    },
    stuck: async (namespace, hash) => observePods(await podsOf(namespace, hash).catch(() => [])).stuck,
    look: async (seen, status, budgetMs) => {
      const { canary, now, release } = seen;
      if (canary === null || !isWorthIt(seen, status)) return {};
      const began = Date.parse(status.stageStartedAt ?? '') || now;
      const first = stageOf(status).podsWatched === 'awaited' ? began + FIRST_MS : now;
      if (now < first) return { lookAt: first };
      const before = known.get(canary.object);
      const lookAt = before === undefined ? now : before.at + pauseMs(now - began);
      if (before !== undefined && now < lookAt) return { pods: before.pods, lookAt };
      const ask = (): Promise<ObservedPods | 'unknown'> => readPods(podsOf, release, canary.hash);
      const answer = await soon.ask(canary.object, 'pods', ask, budgetMs);
      if (answer === null) return { ...(before && { pods: before.pods }), lookAt: now + AGAIN_MS };
      if (answer === 'unknown') return { lookAt: now + OFTEN_MS };
      known.set(canary.object, { at: now, pods: answer });
      return { pods: answer, lookAt: now + pauseMs(now - began) };
    },
  };
}
