import { createHash } from 'node:crypto';
import { type Template, withoutHash } from './workload.ts';

/** The characters of Kubernetes' hashes in names: no vowels, so that they form no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 9;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** The template without fields that the API server may add or drop. */
function normal(template: Template): unknown {
  const { metadata, ...rest } = withoutHash(template) as { metadata: Record<string, unknown> };
  const { creationTimestamp: _stamp, ...kept } = metadata;
  const labels = kept['labels'] as object;
  return sorted({
    ...rest,
    metadata: Object.keys(labels).length === 0 ? { ...kept, labels: undefined } : kept,
  });
}

/**
 * Identity of a pod template: equal for templates that the Deployment controller considers equal. The prefix `s`
 * distinguishes our value of `pod-template-hash` from Kubernetes' own.
 */
export function revisionOf(template: Template): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(normal(template)))
    .digest();
  const letters = Array.from(digest.subarray(0, LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]);
  return `s${letters.join('')}`;
}
