/** Characters that the API server writes as a six-byte escape, but JavaScript unchanged. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** Size of a value as JSON in etcd. */
export function bytesOf(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  const escaped = text.match(ESCAPED)?.length ?? 0;
  return Buffer.byteLength(text) + 5 * escaped;
}

/**
 * Size of `metadata.managedFields` for a value: the name of each field, once more. Fields of list items do not count,
 * since a list has one owner as a whole.
 */
export function fieldsBytesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, one]) => sum + bytesOf(key) + FIELD + fieldsBytesOf(one),
    SELF,
  );
}

/** The overhead of each name, and of the entry. */
const [FIELD, SELF] = ['f::{},'.length, '".":{},'.length];
