import type { WebhookQuestion } from '../../src/api/analysis/webhook-metric.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { SluiceError } from '../../src/errors.ts';
import type { CheckKind } from '../../src/measure/checks.ts';
import { createJobCheck } from '../../src/measure/job-check.ts';
import { askPast } from '../../src/measure/learning/ask-past.ts';
import { createLearner, type Learner } from '../../src/measure/learning/learner.ts';
import { createWebhookCheck } from '../../src/measure/webhook-check.ts';
import type { Store } from '../../src/ports/cluster.ts';
import type { Jobs } from '../../src/ports/jobs.ts';
import type { PastSources } from '../../src/ports/metric-source.ts';
import type { WebhookReply, WebhookRequest } from '../../src/ports/metric-webhook.ts';

/** How the Jobs of a world end: with an exit code and the end of a log, or not yet. */
type JobFate = { readonly exitCode: number; readonly message?: string } | 'running';

const gone = (code: SluiceError['code'], what: string): SluiceError =>
  new SluiceError(code, what, { retry: 'terminal' });

/** The Jobs of a cluster in memory; each ends as scripted when it is read. */
class WorldJobs implements Jobs {
  readonly all = new Map<string, KubeObject>();
  /** Names of all that were ever made, and of those that somebody deleted. */
  readonly made: string[] = [];
  readonly removed: string[] = [];
  fate: (job: KubeObject) => JobFate = () => ({ exitCode: 0 });
  /** Why none can be made, if so. */
  refusal: string | null = null;
  #uids = 0;

  create(job: KubeObject, options?: { readonly dryRun: true }): Promise<KubeObject> {
    const { name } = job.metadata;
    if (this.refusal !== null) return Promise.reject(gone('KUBERNETES_INVALID', this.refusal));
    if (this.all.has(name)) return Promise.reject(gone('KUBERNETES_CONFLICT', `${name} exists`));
    if (options?.dryRun === true) return Promise.resolve(job);
    this.#uids += 1;
    const stored = { ...job, metadata: { ...job.metadata, uid: `job-${this.#uids}` } };
    this.all.set(name, stored);
    this.made.push(name);
    return Promise.resolve(stored);
  }

  get(_namespace: string, name: string): Promise<KubeObject | null> {
    const job = this.all.get(name) ?? null;
    const fate = job === null ? 'running' : this.fate(job);
    if (job === null || fate === 'running') return Promise.resolve(job);
    const type = fate.exitCode === 0 ? 'Complete' : 'Failed';
    const reason = fate.exitCode === 0 ? 'CompletionsReached' : 'BackoffLimitExceeded';
    return Promise.resolve({ ...job, status: { conditions: [{ type, status: 'True', reason }] } });
  }

  podsOf(job: KubeObject): Promise<readonly KubeObject[]> {
    const fate = this.fate(job);
    const state = fate === 'running' ? { running: {} } : { terminated: { reason: 'Error', ...fate } };
    const status = { containerStatuses: [{ name: 'eval', state }] };
    return Promise.resolve([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: `${job.metadata.name}-x` }, status },
    ]);
  }

  remove({ metadata: { name } }: KubeObject): Promise<void> {
    if (this.all.delete(name)) this.removed.push(name);
    return Promise.resolve();
  }
}

/** External systems and Jobs. */
export class Outside {
  readonly jobs = new WorldJobs();
  /** Questions to webhooks, and their answers. */
  readonly judged: WebhookQuestion[] = [];
  judge: (request: WebhookRequest) => WebhookReply | 'hang' = () => ({ kind: 'pass', message: '' });
  /** What the source of metrics has stored. */
  past: PastSources = { past: async () => ({ kind: 'noData', message: 'nothing is stored' }) };

  /** Learns from that past. */
  learner(now: () => number, wake: (key: string) => void): Learner {
    const { signal } = new AbortController();
    return createLearner({ ask: (lesson) => askPast(this.past, lesson, now(), signal), wake });
  }

  /** The kinds of checks that go there. */
  kinds(
    store: Store,
    now: () => number,
    after: (ms: number) => Promise<void>,
  ): { readonly webhook: CheckKind; readonly job: CheckKind } {
    const ask = (request: WebhookRequest): Promise<WebhookReply> => {
      this.judged.push(JSON.parse(request.body) as WebhookQuestion);
      const reply = this.judge(request);
      return reply === 'hang' ? new Promise<never>(() => {}) : Promise.resolve(reply);
    };
    const secrets = { read: () => Promise.resolve('hush') };
    return {
      webhook: createWebhookCheck({ ask, secrets, store, now }),
      job: createJobCheck({ jobs: this.jobs, store, after }),
    };
  }
}
