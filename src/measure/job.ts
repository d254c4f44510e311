import { createHash } from 'node:crypto';
import type { JobMetric } from '../api/analysis/job-metric.ts';
import { labelValue } from '../api/derived-names.ts';
import { API_VERSION, type KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { RELEASE_LABEL } from '../workload/handover.ts';

/** The run and metric of a Job. */
export interface JobRun {
  readonly release: Release;
  readonly metric: string;
  readonly job: JobMetric;
  /** Number of the run in the Release. */
  readonly run: number;
}

interface Container {
  readonly env?: readonly object[];
  readonly [field: string]: unknown;
}

interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly [field: string]: unknown;
  };
}

/** Room for the number of the run and for a digest, in the 63 characters of a label. */
const MOST_NAME = 44;

/** The name of the Job: the same for the same run after a restart, so that it is found and not created twice. */
export function jobName({ release, metric, run }: Omit<JobRun, 'job'>): string {
  const { name, uid = '' } = release.metadata;
  // The step is part of it, since a run that was stopped with its step has used up its number.
  const about = `${uid}/${metric}/${release.status?.step ?? 0}`;
  const digest = createHash('sha256').update(about).digest('hex').slice(0, 8);
  const spoken = `${name}-${metric}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${spoken.slice(0, MOST_NAME).replace(/^-|-$/g, '')}-${digest}-${run}`;
}

/** The facts of a release, as the variables of a container. */
function variablesOf({ release, metric, run }: Omit<JobRun, 'job'>): Readonly<Record<string, string>> {
  const { spec, status, metadata } = release;
  const facts = {
    NAMESPACE: metadata.namespace ?? '',
    RELEASE: metadata.name,
    ROLLOUT: spec.rollout,
    WORKLOAD: spec.workload.name,
    SERVICE: status?.service ?? '',
    REVISION: spec.revision,
    METRIC: metric,
    RUN: run,
    STEP: status?.step ?? 0,
    WEIGHT: status?.weight ?? 0,
    CANARY_HASH: spec.canary.podTemplateHash,
    CANARY_REPLICASET: spec.canary.replicaSet,
    STABLE_HASH: spec.stable.podTemplateHash,
    STABLE_REPLICASET: spec.stable.replicaSet,
  };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`SLUICE_${name}`, String(value)]));
}

/** The container with these facts before its own variables, which can refer to them by `$(SLUICE_…)`. */
function informed(container: Container, facts: Readonly<Record<string, string>>): Container {
  const env = Object.entries(facts).map(([name, value]) => ({ name, value }));
  return {
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...container,
    env: [...env, ...(container.env ?? [])],
  };
}

/**
 * The metadata of the pods. No sidecar is injected, since it would outlive the Job, unless the template asks for one.
 */
export function podMetadataOf({ template }: Pick<JobMetric, 'template'>): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  const { labels, annotations } = (template as unknown as PodTemplate).metadata ?? {};
  return {
    labels: { 'sidecar.istio.io/inject': 'false', ...labels },
    annotations: { 'linkerd.io/inject': 'disabled', ...annotations },
  };
}

/** The Job of a run. The Release owns it, so it is deleted with it. */
export function jobOf(made: JobRun): KubeObject {
  const { release, metric, job } = made;
  const { namespace, name, uid = '' } = release.metadata;
  const template = job.template as unknown as PodTemplate;
  const facts = variablesOf(made);
  const { containers, initContainers } = template.spec;
  const owner = { apiVersion: API_VERSION, kind: 'Release', name, uid };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(made),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'sluice', [RELEASE_LABEL]: labelValue(name) },
      annotations: { 'sluice.dev/metric': metric },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      backoffLimit: job.backoffLimit,
      activeDeadlineSeconds: job.activeDeadlineSeconds,
      ttlSecondsAfterFinished: job.ttlSecondsAfterFinished,
      // An evicted pod is no evidence about the canary.
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: {
        metadata: podMetadataOf(job),
        spec: {
          restartPolicy: 'Never',
          ...template.spec,
          containers: containers.map((container) => informed(container, facts)),
          ...(initContainers && {
            initContainers: initContainers.map((container) => informed(container, facts)),
          }),
        },
      },
    },
  };
}
