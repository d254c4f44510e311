import type { WarmUp } from '../api/capacity.ts';
import { durationMs } from '../api/duration.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ReleaseStatus } from '../api/release.ts';
import type { Seen } from '../release/seen.ts';
import { isReadyPod, podUrl } from './pod-address.ts';
import type { PodsOf, WarmUpRequest } from './ports.ts';

/** Sends requests to canary pods before they count. */
export interface WarmUps {
  /** How far it is; begins what is not under way, and waits for nothing. Empty where nothing is to be warmed. */
  look(seen: Seen, status: ReleaseStatus): { readonly warmth?: Seen['warmth']; readonly lookAt?: number };
}

type Send = (request: WarmUpRequest) => Promise<void>;

/** One pod: how many requests it has answered, and what went wrong with the last one that it did not. */
interface Course {
  answered: number;
  fault: string | null;
  /** When its requests were last begun. */
  triedAt: number;
  running: boolean;
}

/** The pods of one version of a ReplicaSet; null until they have been listed. */
interface Crew {
  pods: readonly KubeObject[] | null;
  askedAt: number;
}

/** How often one looks while pods are being warmed, and how soon a pod is tried again after a fault. */
const [LOOK_MS, RETRY_MS] = [300, 2_000];
/** Releases whose warmed pods are remembered; those of one that is forgotten are warmed once more. */
const MOST_RELEASES = 1_000;
/** Stages that wait for pods, and so for their warmth. */
const STAGES: readonly (string | undefined)[] = ['Loading', 'Scaling', 'Sizing', 'Rejoining'];

/** Sends what one pod is still to answer; after a fault nothing more until it is begun again. */
async function warm(
  send: Send,
  request: WarmUpRequest,
  { requests, concurrency }: WarmUp,
  course: Course,
): Promise<void> {
  course.running = true;
  course.fault = null;
  const lane = async (): Promise<void> => {
    while (course.answered < requests && course.fault === null) {
      course.answered += 1;
      try {
        await send(request);
      } catch (error) {
        course.answered -= 1;
        course.fault ??= error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  course.running = false;
}

function requestOf(url: string, { method, body, contentType, timeout }: WarmUp): WarmUpRequest {
  const timeoutMs = durationMs(timeout);
  return { url, method, contentType, timeoutMs, ...(body === undefined ? {} : { body }) };
}

/** The pods of a canary as of one version of its ReplicaSet; null until they are known. */
function createCrews(podsOf: PodsOf, now: () => number) {
  const crews = new WeakMap<KubeObject, Crew>();
  return (canary: KubeObject, namespace: string, hash: string): Crew['pods'] => {
    const known = crews.get(canary) ?? { pods: null, askedAt: Number.NEGATIVE_INFINITY };
    crews.set(canary, known);
    if (known.pods !== null || now() - known.askedAt < RETRY_MS) return known.pods;
    known.askedAt = now();
    podsOf(namespace, hash).then(
      (pods) => {
        known.pods = pods.filter(isReadyPod);
      },
      () => {},
    );
    return known.pods;
  };
}

/** How far the pods of each Release are; the oldest Releases are forgotten. */
function createCourses() {
  const courses = new Map<string, Map<string, Course>>();
  return (release: string): Map<string, Course> => {
    const known = courses.get(release) ?? new Map<string, Course>();
    courses.delete(release);
    courses.set(release, known);
    for (const oldest of courses.keys()) {
      if (courses.size <= MOST_RELEASES) break;
      courses.delete(oldest);
    }
    return known;
  };
}

/** Makes them. `send` rejects where a request did not succeed. */
export function createWarmUps(podsOf: PodsOf, send: Send, now: () => number): WarmUps {
  const crewOf = createCrews(podsOf, now);
  const coursesOf = createCourses();

  const tend = (pod: KubeObject, warmUp: WarmUp, known: Map<string, Course>): string | null => {
    const { name, uid = name } = pod.metadata;
    const course = known.get(uid) ?? {
      answered: 0,
      fault: null,
      triedAt: Number.NEGATIVE_INFINITY,
      running: false,
    };
    known.set(uid, course);
    if (!course.running && course.answered >= warmUp.requests) return null;
    const url = podUrl(pod, warmUp);
    if (url === null) return `pod ${name} names no port: set canary.warmUp.port`;
    const { fault } = course;
    if (!course.running && now() - course.triedAt >= RETRY_MS) {
      course.triedAt = now();
      void warm(send, requestOf(url, warmUp), warmUp, course);
    }
    const why = fault === null ? '' : `; ${warmUp.method} ${url}: ${fault}`;
    return `pod ${name} has answered ${course.answered} of ${warmUp.requests} warm-up requests${why}`;
  };

  return {
    look: ({ canary, release }, status) => {
      const { warmUp } = release.spec.policy.canary;
      const waits = status.phase !== 'Aborting' && STAGES.includes(status.stage);
      if (warmUp === undefined || canary === null || !waits || canary.ready < canary.replicas) return {};
      const pods = crewOf(canary.object, release.metadata.namespace ?? '', canary.hash);
      const lookAt = now() + LOOK_MS;
      if (pods === null) return { warmth: { cold: 'the canary pods are being looked for' }, lookAt };
      const known = coursesOf(release.metadata.uid ?? release.metadata.name);
      const cold = pods.map((pod) => tend(pod, warmUp, known)).find((one) => one !== null) ?? null;
      return cold === null ? { warmth: 'warm' } : { warmth: { cold }, lookAt };
    },
  };
}
