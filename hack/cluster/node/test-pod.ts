import type { Container, Pod, PodSpec } from './pod.ts';

/** A pod of one model-server container, for tests. */
export function testPod(
  changes: {
    spec?: Partial<PodSpec>;
    metadata?: Partial<Pod['metadata']>;
    container?: Partial<Container>;
  } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'model-x', namespace: 'default', uid: 'uid-1', generation: 1, ...changes.metadata },
    spec: {
      nodeName: 'node-0',
      containers: [{ name: 'model', image: 'sluice.dev/model-server:v1', ...changes.container }],
      ...changes.spec,
    },
  };
}
