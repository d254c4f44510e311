import { setTimeout as after } from 'node:timers/promises';
import { createJobs } from '../adapters/kubernetes/jobs.ts';
import type { Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import { createPodList, createPodsOf } from '../adapters/kubernetes/pods.ts';
import { createSecrets, createTexts, readWarmUpBody } from '../adapters/kubernetes/values.ts';
import { createAskWebhook } from '../adapters/metric-webhook/ask-webhook.ts';
import { createAskPod } from '../adapters/pod-http/ask-pod.ts';
import { createWarmUpSender } from '../adapters/pod-http/send-warm-up.ts';
import { measureQueries } from '../adapters/telemetry/measured.ts';
import { createTargets, type Targets } from '../http/outgoing/targets.ts';
import { createPost } from '../http/post.ts';
import { createRoom } from '../measure/answer-room.ts';
import { type CheckKinds, type Checks, createChecks } from '../measure/checks.ts';
import { createGoldenCheck } from '../measure/golden-check.ts';
import { createJobCheck } from '../measure/job-check.ts';
import { askPast } from '../measure/learning/ask-past.ts';
import { createLearner, type Learner } from '../measure/learning/learner.ts';
import { createPendingAnswers } from '../measure/pending-answers.ts';
import { createPodLists, type PodLists } from '../measure/pod-lists.ts';
import { createShadowCheck } from '../measure/shadow-check.ts';
import { createWarmUps, type WarmUps } from '../measure/warm-ups.ts';
import { createWebhookCheck } from '../measure/webhook-check.ts';
import type { MetricSources } from '../ports/metric-source.ts';
import type { ReconcileQueue } from '../ports/queue.ts';
import { createMetricSources } from './metric-sources.ts';
import type { Runtime } from './runtime.ts';

/** Everything that measures versions for the passes. None of it blocks a pass. */
export interface Measuring {
  readonly metrics: MetricSources;
  readonly podLists: PodLists;
  readonly warmUps: WarmUps;
  readonly checks: Checks;
  readonly learner: Learner;
}

/** One for each kind of check that a template can ask for. */
function checkKindsOf({ clock }: Runtime, { client, store }: Kubernetes, targets: Targets): CheckKinds {
  const questions = {
    podsOf: createPodsOf(client),
    ask: createAskPod(targets),
    readText: createTexts(client),
    room: createRoom(),
    after,
  };
  return {
    golden: createGoldenCheck(questions),
    shadow: createShadowCheck(questions),
    webhook: createWebhookCheck({
      ask: createAskWebhook(clock, after, createPost(targets)),
      secrets: createSecrets(client),
      store,
      now: () => clock.now(),
    }),
    job: createJobCheck({ jobs: createJobs(client), store, after }),
  };
}

/** Metric sources, lists of pods, warm-ups and checks. */
export function createMeasuring(
  runtime: Runtime,
  kubernetes: Kubernetes,
  queue: Pick<ReconcileQueue, 'wake'>,
): Measuring {
  const { config, clock, metrics, tracing } = runtime;
  const { client } = kubernetes;
  const targets = createTargets(config.allowTargets);
  const sources = createMetricSources(config, createPodList(client, clock), clock);
  const now = (): number => clock.now();
  const measured = measureQueries(sources, clock, (result, seconds) => {
    metrics.prometheusQuery(result, seconds);
    tracing.requested('query metrics', seconds, { 'sluice.result': result });
  });
  const { signal } = new AbortController();
  return {
    metrics: measured,
    learner: createLearner({
      ask: (lesson) => askPast(measured, lesson, now(), signal),
      wake: (key) => queue.wake(key),
    }),
    podLists: createPodLists(createPodsOf(client), createPendingAnswers(after)),
    warmUps: createWarmUps(
      createPodsOf(client),
      (...at) => readWarmUpBody(client, ...at),
      createWarmUpSender(targets),
      now,
    ),
    checks: createChecks(checkKindsOf(runtime, kubernetes, targets), now),
  };
}
