import { describe, expect, it } from 'vitest';
import { release } from '../../test/fixtures/release.ts';
import { JobMetric } from '../api/analysis/job-metric.ts';
import { type JobRun, jobName, jobOf } from './job.ts';

const template = {
  spec: {
    containers: [{ name: 'eval', image: 'eval:1', env: [{ name: 'URL', value: '$(SLUICE_SERVICE)' }] }],
  },
};
const made = (over: Partial<JobRun> = {}): JobRun => ({
  release: release({ step: 1, weight: 25, service: 'model' }, {}),
  metric: 'offline eval',
  job: JobMetric.parse({ template }),
  run: 3,
  ...over,
});

describe('the name of a Job', () => {
  it('is the same for the same run, and another for any other', () => {
    const name = jobName(made());
    expect(jobName(made())).toBe(name);
    const other = release();
    const others = [
      made({ run: 4 }),
      made({ metric: 'offline-eval' }),
      made({ release: { ...other, metadata: { ...other.metadata, uid: 'another' } } }),
    ];
    expect(new Set([name, ...others.map(jobName)]).size).toBe(4);
  });

  it.each(['x', 'ÄÖÜ 100 %', 'a'.repeat(63), '-'.repeat(63), 'Upper_Case.Dots'])(
    'fits a label for metric %s',
    (metric) => {
      const long = release();
      const renamed = {
        ...long,
        metadata: { ...long.metadata, name: `${'r'.repeat(39)}-${'s'.repeat(200)}` },
      };
      expect(jobName(made({ metric, release: renamed, run: 123_456 }))).toMatch(
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      );
    },
  );
});

describe('a Job', () => {
  it('belongs to its Release, cannot be restarted in place, and ends', () => {
    const { metadata, spec } = jobOf(made()) as unknown as {
      metadata: object;
      spec: Record<string, unknown>;
    };
    const { name, uid } = made().release.metadata;
    expect(metadata).toMatchObject({
      annotations: { 'sluice.dev/metric': 'offline eval' },
      ownerReferences: [{ kind: 'Release', name, uid, controller: true }],
    });
    expect(spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 600,
      ttlSecondsAfterFinished: 3_600,
      template: {
        metadata: { labels: { 'sidecar.istio.io/inject': 'false' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'eval', image: 'eval:1' }] },
      },
    });
  });

  it('knows the release before its own variables', () => {
    const { spec } = jobOf(made()) as unknown as {
      spec: { template: { spec: { containers: [{ env: { name: string; value: string }[] }] } } };
    };
    const { env } = spec.template.spec.containers[0];
    expect(env).toContainEqual({ name: 'SLUICE_WEIGHT', value: '25' });
    expect(env).toContainEqual({ name: 'SLUICE_SERVICE', value: 'model' });
    expect(env).toContainEqual({ name: 'SLUICE_METRIC', value: 'offline eval' });
    expect(env.at(-1)).toEqual({ name: 'URL', value: '$(SLUICE_SERVICE)' });
  });

  it('takes what the template says of sidecars and of the message at the end', () => {
    const own = {
      metadata: { labels: { 'sidecar.istio.io/inject': 'true', team: 'ml' } },
      spec: {
        containers: [{ name: 'eval', image: 'eval:1', terminationMessagePolicy: 'File' }],
        serviceAccountName: 'eval',
      },
    };
    const job = jobOf(made({ job: JobMetric.parse({ template: own }) }));
    expect(job['spec']).toMatchObject({
      template: {
        metadata: { labels: { 'sidecar.istio.io/inject': 'true', team: 'ml' } },
        spec: { serviceAccountName: 'eval', containers: [{ terminationMessagePolicy: 'File' }] },
      },
    });
  });
});

describe('a template that is refused', () => {
  it.each<[string, object, string]>([
    ['without containers', { spec: { containers: [] } }, 'spec.containers must have a container'],
    ['without a spec', {}, 'spec.containers must have a container'],
    [
      'that starts its container again',
      { spec: { ...template.spec, restartPolicy: 'OnFailure' } },
      'spec.restartPolicy must be Never',
    ],
  ])('%s', (_what, given, message) => {
    const parsed = JobMetric.safeParse({ template: given });
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
