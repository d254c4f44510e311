import type { CheckResult } from '../analysis/verdict/check.ts';
import { freshState } from '../analysis/verdict/state.ts';
import type { Metric } from '../api/analysis/analysis-template.ts';
import type { WebhookMetric, WebhookQuestion } from '../api/analysis/webhook-metric.ts';
import { API_VERSION } from '../api/meta.ts';
import type { SecretKey } from '../api/notification.ts';
import type { MetricState } from '../api/release/analysis-state.ts';
import type { Release } from '../api/release/release.ts';
import { durationMs } from '../api/values/duration.ts';
import { SluiceError } from '../errors.ts';
import type { Secrets, Store } from '../ports/cluster.ts';
import type { AskWebhook, WebhookReply } from '../ports/metric-webhook.ts';
import type { Problem } from '../release/reasons/catalogue.ts';
import { initialStatus } from '../release/status/apply-transition.ts';
import { stepCount } from '../release/strategy/steps.ts';
import type { CheckKind } from './checks.ts';

export interface WebhookCheckDeps {
  readonly ask: AskWebhook;
  readonly secrets: Secrets;
  readonly store: Store;
  readonly now: () => number;
}

interface Template {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

const imagesOf = (template: unknown): string[] =>
  ((template as Template | undefined)?.spec?.containers ?? []).flatMap(({ image }) => image ?? []);

/** The pod template of the canary's ReplicaSet; the Deployment may already have a newer one. */
function canaryTemplate(store: Store, { metadata, spec }: Release): unknown {
  const set = store.get('ReplicaSet', metadata.namespace ?? '', spec.canary.replicaSet);
  return ((set?.['spec'] ?? {}) as { template?: unknown }).template;
}

function standOf(states: readonly MetricState[], name: string): WebhookQuestion['metrics'][number] {
  const { verdict, message } = states.find((one) => one.name === name) ?? freshState(name);
  return { name, verdict, message };
}

/** The state of the release, for a webhook. */
function standingOf({ spec, status }: Release): Pick<WebhookQuestion, 'phase' | 'step' | 'steps' | 'weight'> {
  const { phase, step, weight } = status ?? initialStatus({ spec });
  const steps = stepCount(spec.policy, status ?? {});
  return { phase, step, ...(steps === null ? {} : { steps }), weight };
}

/** The workload, for a webhook. */
function subjectOf(
  store: Store,
  release: Release,
): Omit<
  WebhookQuestion,
  'id' | 'metric' | 'metrics' | 'window' | 'parameters' | 'phase' | 'step' | 'steps' | 'weight'
> {
  const { spec, metadata } = release;
  const { podTemplateHash, replicaSet, template } = spec.stable;
  return {
    apiVersion: API_VERSION,
    kind: 'MetricQuestion',
    namespace: metadata.namespace ?? '',
    release: metadata.name,
    rollout: spec.rollout,
    workload: spec.workload,
    revision: spec.revision,
    stable: { podTemplateHash, replicaSet, images: imagesOf(template) },
    canary: { ...spec.canary, images: imagesOf(canaryTemplate(store, release)) },
  };
}

/** The question to a webhook at `now`, in a run of its metric. */
function questionOf(
  store: Store,
  release: Release,
  metric: Metric,
  run: number,
  now: number,
): WebhookQuestion {
  const { spec, status, metadata } = release;
  const { name, webhook } = metric;
  const states = status?.analysis?.metrics ?? [];
  const end = new Date(now).toISOString();
  const since = states.find((state) => state.name === name)?.measured?.at ?? status?.routeConfirmedAt;
  const parameters = (webhook?.parameters ?? []).map((one): [string, string] => [one.name, one.value]);
  return {
    ...subjectOf(store, release),
    ...standingOf(release),
    id: `${metadata.uid ?? metadata.name}.${name}.${run}`,
    metric: name,
    window: { start: since ?? end, end },
    metrics: spec.metrics.filter((one) => one.name !== name).map((one) => standOf(states, one.name)),
    parameters: Object.fromEntries(parameters),
  };
}

function webhookOf({ name, webhook }: Metric): WebhookMetric {
  if (webhook === undefined) throw new TypeError(`metric ${name} has no webhook`);
  return webhook;
}

function resultOf(reply: WebhookReply): CheckResult {
  if (reply.kind === 'value') return reply;
  const { kind, message } = reply;
  if (kind === 'noData') return { kind, message: message === '' ? 'the webhook cannot say yet' : message };
  return kind === 'providerError' ? { kind, message } : { kind: 'outcome', outcome: kind, message };
}

/** Why a Secret of the webhook is not available, with the field that names it; null if it is. */
async function secretProblem(
  secrets: Secrets,
  { metadata }: Release,
  { name }: Metric,
  [field, ref]: readonly [string, SecretKey],
): Promise<Problem | null> {
  try {
    await secrets.read(metadata.namespace ?? '', ref);
    return null;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SECRET_MISSING') throw error;
    return { reason: 'SecretMissing', message: `metric ${name}: webhook.${field}: ${error.message}` };
  }
}

/** A check that sends a POST to an external system. */
export function createWebhookCheck({ ask, secrets, store, now }: WebhookCheckDeps): CheckKind {
  return {
    preflight: async (release, metric): Promise<Problem | null> => {
      const { secret, token } = webhookOf(metric);
      const signed = await secretProblem(secrets, release, metric, ['secret', secret]);
      if (signed !== null || token === undefined) return signed;
      return secretProblem(secrets, release, metric, ['token', token]);
    },
    run: async ({ release, metric, run, signal }) => {
      const { url, secret: ref, token: tokenRef, timeout } = webhookOf(metric);
      const namespace = release.metadata.namespace ?? '';
      const secret = await secrets.read(namespace, ref);
      const token = tokenRef === undefined ? {} : { token: await secrets.read(namespace, tokenRef) };
      const question = questionOf(store, release, metric, run, now());
      const body = JSON.stringify(question);
      const timeoutMs = durationMs(timeout);
      const owner = { namespace, name: release.metadata.name };
      return resultOf(await ask({ owner, url, secret, ...token, id: question.id, body, timeoutMs }, signal));
    },
  };
}
