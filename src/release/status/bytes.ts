/** Characters that the API server writes as an escape of six bytes, where JavaScript writes them as they are. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** Bytes that a value takes as JSON in etcd. */
export function bytesOf(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  const escaped = text.match(ESCAPED)?.length ?? 0;
  return Buffer.byteLength(text) + 5 * escaped;
}

/**
 * Bytes that `metadata.managedFields` takes for a value: the name of each field, once more. Fields of list items are not
 * counted, since a list has one owner as a whole.
 */
export function fieldsBytesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, one]) => sum + bytesOf(key) + FIELD + fieldsBytesOf(one),
    SELF,
  );
}

/** What stands around each name, and the entry for the whole. */
const [FIELD, SELF] = ['f::{},'.length, '".":{},'.length];
