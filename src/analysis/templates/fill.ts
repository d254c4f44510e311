import type { Arguments } from './argument.ts';

const ARGUMENT = /\{\{\s*args\.([^{}]*?)\s*\}\}/g;

/** Data with its arguments filled in, or the first unknown argument. */
export type Filled<T> = { readonly data: T } | { readonly problem: string };

function textWith(text: string, args: Arguments): string {
  return text.replaceAll(ARGUMENT, (whole, name: string) => args.get(name)?.text ?? whole);
}

function dataWith(data: unknown, args: Arguments): unknown {
  if (typeof data === 'string') return textWith(data, args);
  if (Array.isArray(data)) return data.map((one) => dataWith(one, args));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, dataWith(value, args)]));
}

function namesIn(data: unknown): string[] {
  if (typeof data === 'string') return [...data.matchAll(ARGUMENT)].map(([, name = '']) => name);
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data).flatMap(namesIn);
}

/**
 * JSON with each `{{args.NAME}}` in its texts replaced. Values stay data: none can become another field. Other text in
 * double braces is left as it is.
 */
export function filled<T>(data: T, args: Arguments): Filled<T> {
  const stranger = namesIn(data).find((name) => !args.has(name));
  if (stranger === undefined) return { data: dataWith(data, args) as T };
  const names = [...args.keys()].map((name) => `args.${name}`).join(', ') || 'none';
  return { problem: `the variable {{args.${stranger}}} is not known; known are ${names}` };
}
