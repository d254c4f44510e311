/** A key of the queue: the annotations of a Deployment, or a Rollout with its Releases. */
export function keyOf(kind: 'workload' | 'rollout', namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
