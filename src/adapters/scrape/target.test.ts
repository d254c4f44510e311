import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { targetOf } from './target.ts';

const pod = (
  annotations: Record<string, string>,
  ports: object[] = [],
  status: object = { phase: 'Running', podIP: '10.1.2.3' },
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'ml', annotations },
  spec: { containers: [{ ports }] },
  status,
});
const at = (port: number, name?: string): object => ({ containerPort: port, ...(name && { name }) });

describe('targetOf', () => {
  it.each([
    [
      'its annotations',
      pod({ 'prometheus.io/port': '9090', 'prometheus.io/path': 'm' }),
      'http://10.1.2.3:9090/m',
    ],
    [
      'the port named metrics',
      pod({}, [at(80, 'http'), at(8002, 'metrics')]),
      'http://10.1.2.3:8002/metrics',
    ],
    ['its only port', pod({}, [at(8080)]), 'http://10.1.2.3:8080/metrics'],
    ['https', pod({ 'prometheus.io/scheme': 'https' }, [at(8443)]), 'https://10.1.2.3:8443/metrics'],
    [
      'an IPv6 address',
      pod({}, [at(80)], { phase: 'Running', podIP: 'fd00::1' }),
      'http://[fd00::1]:80/metrics',
    ],
  ])('finds the metrics of a pod by %s', (_, object, url) => {
    expect(targetOf(object)).toEqual({ namespace: 'ml', pod: 'a', url });
  });

  it.each([
    ['that waits for a node', { phase: 'Pending' }],
    ['that has ended', { phase: 'Succeeded', podIP: '10.1.2.3' }],
    ['without an address', { phase: 'Running' }],
  ])('leaves out a pod %s', (_, status) => {
    expect(targetOf(pod({}, [at(80)], status))).toBeNull();
  });

  it.each([
    ['none', pod({})],
    ['several', pod({}, [at(80), at(81)])],
    ['an invalid port', pod({ 'prometheus.io/port': 'http' })],
  ])('says how to name the port where there is %s', (_, object) => {
    expect(targetOf(object)).toMatchObject({
      problem: expect.stringContaining('give its template the annotation prometheus.io/port'),
    });
  });
});
