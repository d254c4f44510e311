import type { ExpectedField, GoldenCase } from '../../api/analysis/check.ts';
import { isNear, type Json, parseTolerance, sameJson, textOf, valueAt } from './json-value.ts';

/** The answer of a pod, and its latency in milliseconds. */
export interface PodAnswer {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** Whether a text has a match of a pattern. Injected: the patterns are RE2. */
export type Matches = (pattern: string, text: string) => boolean;

/** The JSON of an answer; its text if it is not JSON. */
export function jsonOf(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}

function wantedText({ equals, near, tolerance, matches, oneOf }: ExpectedField): string {
  if (near !== undefined) return `${near} ± ${tolerance ?? 0}`;
  if (matches !== undefined) return `a match of ${matches}`;
  if (oneOf !== undefined) return `one of ${oneOf.map((one) => textOf(one as Json)).join(', ')}`;
  return textOf(equals as Json);
}

function isAsExpected(value: Json | undefined, field: ExpectedField, matches: Matches): boolean {
  if (value === undefined) return false;
  if (field.near !== undefined) {
    const tolerance = parseTolerance(field.tolerance ?? '0');
    return typeof value === 'number' && tolerance !== null && isNear(value, field.near, tolerance);
  }
  if (field.matches !== undefined) return typeof value === 'string' && matches(field.matches, value);
  if (field.oneOf !== undefined) return field.oneOf.some((one) => sameJson(value, one as Json));
  return sameJson(value, field.equals as Json);
}

/** The first mismatch between an answer and its case: field, expected and actual value; null if there is none. */
export function answerFault({ expect }: GoldenCase, answer: PodAnswer, matches: Matches): string | null {
  if (answer.status !== expect.status)
    return `status: expected ${expect.status}, got ${answer.status} (${textOf(answer.body)})`;
  const whole = jsonOf(answer.body);
  for (const field of expect.fields ?? []) {
    const value = valueAt(whole, field.path);
    if (isAsExpected(value, field, matches)) continue;
    const where = field.path === '' ? 'the answer' : field.path;
    return `${where}: expected ${wantedText(field)}, got ${textOf(value)}`;
  }
  return null;
}
