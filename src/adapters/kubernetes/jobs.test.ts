import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../errors.ts';
import type { KubeClient } from './client.ts';
import { createJobs } from './jobs.ts';

const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: 'ml', name: 'eval', uid: 'u1' } };
const failure = (code: SluiceError['code']) => new SluiceError(code, 'no', { retry: 'backoff' });

/** A client that records its calls. */
function clientOf(error?: SluiceError) {
  const calls: unknown[][] = [];
  const answer =
    (verb: string) =>
    async (...args: unknown[]) => {
      calls.push([verb, ...args.slice(1)]);
      if (error !== undefined) throw error;
      return verb === 'list' ? { items: [] } : job;
    };
  const client = {
    create: answer('create'),
    get: answer('get'),
    list: answer('list'),
    remove: answer('remove'),
  };
  return { jobs: createJobs(client as unknown as KubeClient), calls };
}

describe('createJobs', () => {
  it('creates, and only asks whether it could', async () => {
    const { jobs, calls } = clientOf();
    await jobs.create(job);
    await jobs.create(job, { dryRun: true });
    expect(calls).toEqual([
      ['create', job, {}],
      ['create', job, { dryRun: 'All' }],
    ]);
  });

  it('asks for the pods of this very Job', async () => {
    const { jobs, calls } = clientOf();
    await jobs.podsOf(job);
    expect(calls).toEqual([
      ['list', 'ml', { labelSelector: 'batch.kubernetes.io/controller-uid=u1', limit: 50 }],
    ]);
  });

  it('deletes this very Job with its pods', async () => {
    const { jobs, calls } = clientOf();
    await jobs.remove(job);
    const options = { propagationPolicy: 'Background', preconditions: { uid: 'u1' } };
    expect(calls).toEqual([['remove', { namespace: 'ml', name: 'eval' }, options]]);
  });

  it.each(['KUBERNETES_NOT_FOUND', 'KUBERNETES_CONFLICT'] as const)('takes %s for gone', async (code) => {
    await expect(clientOf(failure(code)).jobs.remove(job)).resolves.toBeUndefined();
  });

  it('says where a Job could not be deleted', async () => {
    await expect(clientOf(failure('KUBERNETES_FORBIDDEN')).jobs.remove(job)).rejects.toThrow('no');
  });
});
