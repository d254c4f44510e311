import { describe, expect, it } from 'vitest';
import { ago, loadingFor, NOW, pod, readyFor } from '../../test/fixtures/cli.ts';
import { podView } from './pod.ts';

const waiting = (reason: string, message?: string, restartCount = 0): object => ({
  phase: 'Pending',
  containerStatuses: [{ restartCount, state: { waiting: { reason, ...(message && { message }) } } }],
});

describe('a pod', () => {
  it.each<[string, object, object, string]>([
    ['that is ready', readyFor(3_600), {}, 'ready for 1h00m'],
    ['that loads its model', loadingFor(42), {}, 'loading for 42s'],
    ['that fell over before', loadingFor(4, 1), {}, 'loading for 4s, 1 restart'],
    ['that nobody has taken', {}, {}, 'starting for 1m40s'],
    [
      'that has no place',
      { conditions: [{ type: 'PodScheduled', status: 'False', message: 'Insufficient nvidia.com/gpu' }] },
      {},
      'not scheduled for 1m40s: Insufficient nvidia.com/gpu',
    ],
    ['that is being made', waiting('ContainerCreating'), {}, 'starting (ContainerCreating)'],
    ['without its image', waiting('ImagePullBackOff', 'no such tag'), {}, 'ImagePullBackOff: no such tag'],
    [
      'that falls over and over',
      waiting('CrashLoopBackOff', undefined, 7),
      {},
      'CrashLoopBackOff, 7 restarts',
    ],
    ['that was driven out', { phase: 'Failed', reason: 'Evicted' }, {}, 'Failed: Evicted'],
    ['on its way out', readyFor(9), { deletionTimestamp: ago(1) }, 'terminating'],
  ])('%s', (_what, status, metadata, text) => {
    expect(podView(pod('p', 'h', status, metadata), NOW).text).toBe(text);
  });

  it('names the devices that it asks for, and no CPU or memory', () => {
    const resources = { limits: { 'nvidia.com/gpu': '2', cpu: '4' }, requests: { memory: '1Gi' } };
    const one = { ...pod('p', 'h', loadingFor(42)), spec: { containers: [{ resources }, {}] } };
    expect(podView(one, NOW).devices).toEqual(['2 nvidia.com/gpu']);
    expect(podView(pod('p', 'h', {}), NOW).devices).toEqual([]);
  });
});
