import type { KubeObject } from '../api/meta.ts';
import type { Release, ReleaseStatus } from '../api/release/release.ts';
import type { WarmUp } from '../api/rollout/capacity.ts';
import { durationMs } from '../api/values/duration.ts';
import { wordsOf } from '../errors.ts';
import type { PodsOf, ReadBody, WarmUpRequest } from '../ports/pods.ts';
import type { Observation } from '../release/observed.ts';
import type { Problem } from '../release/reasons/catalogue.ts';
import { stageOf } from '../release/stages/table.ts';
import { isReadyPod, podUrl } from './pod-address.ts';

/** Sends requests to canary pods before they count. */
export interface WarmUps {
  /** The progress; starts what does not run yet, and waits for nothing. Empty if there is nothing to warm up. */
  look(
    seen: Observation,
    status: ReleaseStatus,
  ): { readonly warmth?: Observation['warmth']; readonly lookAt?: number };
  /** Why the pods of a release could not be warmed up, checked before it begins. Never rejects. */
  problem(release: Release): Promise<Problem | null>;
}

type Send = (request: WarmUpRequest) => Promise<void>;

/** One pod: how many requests it has answered, and why the last failed one failed. */
interface Course {
  answered: number;
  fault: string | null;
  /** When its requests were last started. */
  triedAt: number;
  running: boolean;
}

/** The pods of one version of a ReplicaSet; null until they have been listed. */
interface CanaryPods {
  pods: readonly KubeObject[] | null;
  askedAt: number;
}

/** How often it polls while pods are being warmed up, and how soon a pod is tried again after a failure. */
const [LOOK_MS, RETRY_MS] = [300, 2_000];
/** Maximum number of Releases whose warmed pods are remembered; pods of a forgotten Release are warmed once more. */
const MOST_RELEASES = 1_000;

/** Sends the remaining requests to one pod; stops at a failure until it is started again. */
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
        course.fault ??= wordsOf(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  course.running = false;
}

type Body = string | Uint8Array | undefined;

function requestOf(url: string, body: Body, { method, contentType, timeout }: WarmUp): WarmUpRequest {
  const timeoutMs = durationMs(timeout);
  return { url, method, contentType, timeoutMs, ...(body === undefined ? {} : { body }) };
}

/** The pods of a canary as of one version of its ReplicaSet; null until they are known. */
function createCanaryPods(podsOf: PodsOf, now: () => number) {
  const versions = new WeakMap<KubeObject, CanaryPods>();
  return (canary: KubeObject, namespace: string, hash: string): CanaryPods['pods'] => {
    const known = versions.get(canary) ?? { pods: null, askedAt: Number.NEGATIVE_INFINITY };
    versions.set(canary, known);
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

/** State of one Release: the progress of its pods, and the body of their requests. */
interface Warming {
  readonly courses: Map<string, Course>;
  body: { readonly value: Body } | { readonly problem: string } | null;
  bodyAskedAt: number;
}

/** State of each Release; the oldest are dropped. */
function createMemory() {
  const courses = new Map<string, Warming>();
  return (release: string): Warming => {
    const known = courses.get(release) ?? {
      courses: new Map<string, Course>(),
      body: null,
      bodyAskedAt: Number.NEGATIVE_INFINITY,
    };
    courses.delete(release);
    courses.set(release, known);
    for (const oldest of courses.keys()) {
      if (courses.size <= MOST_RELEASES) break;
      courses.delete(oldest);
    }
    return known;
  };
}

/** The message of a failed read, which is retried. */
function unread(error: unknown): { readonly problem: string } {
  return { problem: `canary.warmUp.bodyFrom: ${wordsOf(error)}` };
}

/** The body of the requests: read once for the cold pods, and again after a failure. */
function bodyOf(
  known: Warming,
  { body, bodyFrom }: WarmUp,
  namespace: string,
  { readBody, now }: { readonly readBody: ReadBody; readonly now: () => number },
): NonNullable<Warming['body']> | null {
  if (bodyFrom === undefined) return { value: body };
  const isKnown = known.body !== null && 'value' in known.body;
  if (isKnown || now() - known.bodyAskedAt < RETRY_MS) return known.body;
  known.bodyAskedAt = now();
  readBody(namespace, bodyFrom).then(
    (found) => {
      known.body = found;
    },
    (error: unknown) => {
      known.body = unread(error);
    },
  );
  return known.body;
}

/** Whether a pod has answered all its requests. */
function isWarm({ metadata }: KubeObject, { requests }: WarmUp, courses: Warming['courses']): boolean {
  const course = courses.get(metadata.uid ?? metadata.name);
  return course !== undefined && !course.running && course.answered >= requests;
}

/** Creates the warm-ups. `send` rejects if a request did not succeed. */
export function createWarmUps(podsOf: PodsOf, readBody: ReadBody, send: Send, now: () => number): WarmUps {
  const podsOfCanary = createCanaryPods(podsOf, now);
  const memoryOf = createMemory();

  const tend = (pod: KubeObject, warmUp: WarmUp, body: Body, known: Warming['courses']): string | null => {
    const { name, uid = name } = pod.metadata;
    const course = known.get(uid) ?? {
      answered: 0,
      fault: null,
      triedAt: Number.NEGATIVE_INFINITY,
      running: false,
    };
    known.set(uid, course);
    if (isWarm(pod, warmUp, known)) return null;
    const url = podUrl(pod, warmUp);
    if (url === null) return `pod ${name} names no port: set canary.warmUp.port`;
    const { fault } = course;
    if (!course.running && now() - course.triedAt >= RETRY_MS) {
      course.triedAt = now();
      void warm(send, requestOf(url, body, warmUp), warmUp, course);
    }
    const why = fault === null ? '' : `; ${warmUp.method} ${url}: ${fault}`;
    return `pod ${name} has answered ${course.answered} of ${warmUp.requests} warm-up requests${why}`;
  };

  return {
    look: ({ canary, release }, status) => {
      const { warmUp } = release.spec.policy.canary;
      const waits = stageOf(status).warmsUp;
      if (warmUp === undefined || canary === null || !waits || canary.ready < canary.replicas) return {};
      const { namespace = '', name, uid = name } = release.metadata;
      const pods = podsOfCanary(canary.object, namespace, canary.hash);
      const lookAt = now() + LOOK_MS;
      if (pods === null) return { warmth: { cold: 'the canary pods are being looked for' }, lookAt };
      const known = memoryOf(uid);
      if (pods.every((pod) => isWarm(pod, warmUp, known.courses))) {
        // Read again for pods that are added later, so that no body is held for long.
        known.body = null;
        return { warmth: 'warm' };
      }
      const body = bodyOf(known, warmUp, namespace, { readBody, now });
      if (body === null)
        return { warmth: { cold: 'the body of the warm-up requests is being read' }, lookAt };
      if ('problem' in body) return { warmth: { cold: body.problem }, lookAt };
      const cold = pods.flatMap((pod) => tend(pod, warmUp, body.value, known.courses) ?? []);
      return { warmth: { cold: cold[0] ?? '' }, lookAt };
    },
    problem: async ({ spec, metadata }) => {
      const { bodyFrom } = spec.policy.canary.warmUp ?? {};
      if (bodyFrom === undefined) return null;
      const found = await readBody(metadata.namespace ?? '', bodyFrom).catch(unread);
      return 'problem' in found ? { reason: 'WarmUpBodyMissing', message: found.problem } : null;
    },
  };
}
