import { z } from 'zod';
import type { ConfigMapKey } from '../api/check.ts';
import type { ReadText } from './ports.ts';

/** A list of a check, or what a person must put right. */
export type CheckList<T> = { readonly list: readonly T[] } | { readonly problem: string };

/** A JSON list of a text; `where` names it in what is said of it. */
function parseList<T>(text: string, where: string, item: z.ZodType<T>, most: number): CheckList<T> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { problem: `${where}: is no JSON: ${error instanceof Error ? error.message : ''}` };
  }
  const parsed = z.array(item).min(1).max(most).safeParse(given);
  if (parsed.success) return { list: parsed.data };
  const issues = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
    const [index, ...rest] = path;
    return `${index === undefined ? '' : `[${String(index)}] `}${rest.join('.')}: ${message}`;
  });
  return { problem: `${where}: ${issues.join('; ')}` };
}

/** The list of a check: what stands in the template, or under the key of a ConfigMap. */
export async function readList<T>(
  readText: ReadText,
  namespace: string,
  given: { readonly list: readonly T[] | undefined; readonly configMap: ConfigMapKey | undefined },
  item: z.ZodType<T>,
  most: number,
): Promise<CheckList<T>> {
  const { list, configMap } = given;
  if (configMap === undefined) return { list: list ?? [] };
  const read = await readText(namespace, configMap);
  if ('problem' in read) return read;
  const where = `key ${configMap.key} of ConfigMap ${namespace}/${configMap.name}`;
  return parseList(read.text, where, item, most);
}
