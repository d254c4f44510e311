/** Keys and indices that lead to a value. */
export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** A path as people write it: `spec.steps[1].weight`, `metadata.labels["a/b"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!PLAIN_KEY.test(part)) return `${text}["${part}"]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** A value if it is a text, else another one. */
export function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

/** Whether a value is a map of fields. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The paths of all values that hold nothing further: texts, numbers, empty maps and empty lists. A null is no value: the API
 * server drops it.
 */
export function leavesOf(value: unknown, at: Path = []): Path[] {
  if (value === null || value === undefined) return [];
  const inner = Array.isArray(value)
    ? value.map((one, index): [number, unknown] => [index, one])
    : isFields(value)
      ? Object.entries(value)
      : [];
  if (inner.length === 0) return [at];
  return inner.flatMap(([key, one]) => leavesOf(one, [...at, key]));
}
