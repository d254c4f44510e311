import { z } from 'zod';

/** A CEL rule that the API server checks in addition to the schema. With `oldSelf` it is a rule about changes. */
export interface Rule {
  readonly rule: string;
  /** One sentence for the person whose object is refused: the field and the fix. */
  readonly message: string;
  /** CEL for a message with values in it, used in place of `message`. */
  readonly messageExpression?: string;
  /** Also evaluates a rule about changes when there is no old value yet. */
  readonly optionalOldSelf?: true;
}

/** Key under which the CRD carries rules. */
export const VALIDATIONS = 'x-kubernetes-validations';

/** Rules for the API server that the schema library cannot express: metadata for `.meta()`. */
export function rules(...list: Rule[]): Record<string, unknown> {
  return { [VALIDATIONS]: list };
}

/** Adds rules to those that a schema has. */
export function moreRules(schema: z.ZodType, ...list: Rule[]): Record<string, unknown> {
  const before = (schema.meta()?.[VALIDATIONS] ?? []) as Rule[];
  return rules(...before, ...list);
}

/** Turns a list into a map keyed by fields of its items, for server-side apply and against duplicates. */
export function listMap(...keys: string[]): Record<string, unknown> {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** A text with a pattern. The API server would answer with the bare pattern, so a rule with a message checks it. */
export function matching(pattern: RegExp, max: number, message: string): z.ZodString {
  return z
    .string()
    .max(max)
    .regex(pattern, message)
    .meta(rules({ rule: `self.matches(r'${pattern.source}')`, message }));
}
