/**
 * Headers of a request, by their names in small letters. `host` is the label that stands before the host of the site, for
 * those who use a host of their own.
 */
export type Headers = Readonly<Record<string, string>>;

/** The host of requests with these headers to a site. */
export const hostFor = (host: string, { host: label }: Headers): string =>
  label === undefined ? host : `${label}.${host}`;

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
  const [pattern, flags] = regex?.startsWith('(?i)') === true ? [regex.slice(4), 'i'] : [regex, ''];
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, flags).test(value);
}
