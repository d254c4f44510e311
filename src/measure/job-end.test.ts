import { describe, expect, it } from 'vitest';
import { jobEnd } from './job-end.ts';

const job = (status: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'eval-1' },
  status,
});
const ended = (type: string, more: object = {}) => job({ conditions: [{ type, status: 'True', ...more }] });
const pod = (state: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'eval-1-abcde' },
  status: { containerStatuses: [{ name: 'eval', state }], ...more },
});
const exit = (exitCode: number, more: object = {}) =>
  pod({ terminated: { exitCode, reason: 'Error', ...more } });
const FAILED = ended('Failed', {
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
});

describe('jobEnd', () => {
  it.each<[string, object, object[], string, string]>([
    [
      'passes with exit code 0',
      job({
        conditions: [{ type: 'Complete', status: 'True' }],
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:00:12Z',
      }),
      [exit(0, { reason: 'Completed' })],
      'pass',
      'Job eval-1 ended with exit code 0 after 12 s',
    ],
    [
      'fails with any other, and shows the end of the log',
      FAILED,
      [exit(3, { message: 'loading\n\u001b[31mF1 0.61 is below 0.70\n' })],
      'fail',
      'container eval of Job eval-1 ended with exit code 3: loading [31mF1 0.61 is below 0.70',
    ],
    [
      'says why it was killed',
      FAILED,
      [exit(137, { reason: 'OOMKilled' })],
      'fail',
      'exit code 137 (OOMKilled)',
    ],
    [
      'tells of the newest of several failures',
      FAILED,
      [exit(1, { finishedAt: '2026-01-01T00:00:01Z' }), exit(2, { finishedAt: '2026-01-01T00:00:09Z' })],
      'fail',
      'exit code 2',
    ],
    [
      'is no verdict where it took too long',
      ended('Failed', { reason: 'DeadlineExceeded' }),
      [exit(143)],
      'providerError',
      'took longer than activeDeadlineSeconds; at last: it waited',
    ],
    [
      'is no verdict where no container ended',
      FAILED,
      [],
      'providerError',
      'Job eval-1: BackoffLimitExceeded: Job has reached',
    ],
    [
      'is no verdict where the pod was evicted',
      FAILED,
      [pod({ running: {} })],
      'providerError',
      'BackoffLimitExceeded',
    ],
    ['is running', job({}), [pod({ running: {} })], 'running', 'Job eval-1 is running'],
    [
      'is running while its pod is created',
      job({}),
      [pod({ waiting: { reason: 'ContainerCreating' } })],
      'running',
      'is running',
    ],
    [
      'is running until it has ended for good',
      job({ conditions: [{ type: 'FailureTarget', status: 'True' }] }),
      [exit(1)],
      'running',
      'is running',
    ],
    ['waits for a pod', job({}), [], 'running', 'has no pod yet; a quota or a policy may forbid it'],
    [
      'waits for a node',
      job({}),
      [
        pod(
          {},
          {
            conditions: [
              {
                type: 'PodScheduled',
                status: 'False',
                message: '0/2 nodes are available: 2 Insufficient nvidia.com/gpu.',
              },
            ],
          },
        ),
      ],
      'running',
      'pod eval-1-abcde cannot be scheduled: 0/2 nodes are available',
    ],
    [
      'waits for an image',
      job({}),
      [pod({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "eval:1"' } })],
      'running',
      'container eval of pod eval-1-abcde waits: ImagePullBackOff: Back-off pulling',
    ],
  ])('%s', (_what, object, pods, kind, message) => {
    const found = jobEnd(
      object as Parameters<typeof jobEnd>[0],
      pods as Parameters<typeof jobEnd>[1],
      'it waited',
    );
    expect(found).toEqual({ kind, message: expect.stringContaining(message) });
  });

  it('shows the end of a long log', () => {
    const message = `${'x'.repeat(2_000)} the very end`;
    const found = jobEnd(FAILED, [exit(1, { message })]);
    expect(found.message).toMatch(/…x+ the very end$/);
    expect(found.message.length).toBeLessThan(600);
  });
});
