import { z } from 'zod';

/** A rule in CEL that the API server checks beside the schema. `oldSelf` makes it one about changes. */
export interface Rule {
  readonly rule: string;
  /** One sentence for the person whose object is refused: the field and the fix. */
  readonly message: string;
  /** CEL for a message with values in it, used in place of `message`. */
  readonly messageExpression?: string;
  /** Lets a rule about changes see an object that has no old value yet. */
  readonly optionalOldSelf?: true;
}

/** Key under which the CRD carries rules. */
export const VALIDATIONS = 'x-kubernetes-validations';

/** What the schema library cannot say and the API server checks: metadata for `.meta()`. */
export function rules(...list: Rule[]): Record<string, unknown> {
  return { [VALIDATIONS]: list };
}

/** The rules that a schema carries already, and more. */
export function moreRules(schema: z.ZodType, ...list: Rule[]): Record<string, unknown> {
  const before = (schema.meta()?.[VALIDATIONS] ?? []) as Rule[];
  return rules(...before, ...list);
}

/** Makes a list one whose items are told apart by fields, for server-side apply and against doubles. */
export function listMap(...keys: string[]): Record<string, unknown> {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** Text of a pattern. The API server would answer with the bare pattern, so it checks by a rule with a message. */
export function matching(pattern: RegExp, max: number, message: string): z.ZodString {
  return z
    .string()
    .max(max)
    .regex(pattern, message)
    .meta(rules({ rule: `self.matches(r'${pattern.source}')`, message }));
}
