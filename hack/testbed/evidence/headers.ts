/** Headers of a request, by their names in small letters. */
export type Headers = Readonly<Record<string, string>>;

/** A condition on the value of a header; without any, the header must be there. */
export interface Condition {
  readonly exact?: string;
  readonly prefix?: string;
  /** For the whole value. */
  readonly regex?: string;
}

/** Whether requests with these headers meet a condition on one of them. */
export function meets(headers: Headers, name: string, { exact, prefix, regex }: Condition): boolean {
  const value = headers[name.toLowerCase()];
  if (value === undefined) return false;
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(prefix);
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(value);
}
