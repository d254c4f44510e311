/** Label with the version of a pod: the value differs for each ReplicaSet of a Deployment. */
export const HASH_LABEL = 'pod-template-hash';

/** Whether a Service selector selects pods with these labels. An empty selector selects nothing. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
