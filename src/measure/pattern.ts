import { RE2JS } from 're2js';
import { wordsOf } from '../errors.ts';

/**
 * A match takes time in proportion to the text and to the instructions of the pattern, about 8 million of both in a
 * second, in which this process does nothing else.
 */
const [MOST_TEXT, MOST_INSTRUCTIONS] = [16_384, 500];
/** Maximum number of cached patterns. */
const MOST_PATTERNS = 1_000;

const known = new Map<string, RE2JS>();

/** The compiled pattern, cached. Throws if it is invalid. */
function compiled(pattern: string): RE2JS {
  const made = known.get(pattern) ?? RE2JS.compile(pattern);
  known.delete(pattern);
  known.set(pattern, made);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_PATTERNS) break;
    known.delete(oldest);
  }
  return made;
}

/** Why a pattern is invalid, as a clause that follows it; else null. */
export function problemOf(pattern: string): string | null {
  try {
    const size = compiled(pattern).programSize();
    if (size <= MOST_INSTRUCTIONS) return null;
    return `is too large: it has ${size} instructions, at most ${MOST_INSTRUCTIONS} are allowed; write * or + in place of long counted repeats`;
  } catch (error) {
    return `is no pattern of RE2: ${wordsOf(error)}`;
  }
}

/** Whether the first 16,384 characters of a text match an RE2 pattern. Throws if the pattern is invalid. */
export function matches(pattern: string, text: string): boolean {
  return compiled(pattern).matcher(text.slice(0, MOST_TEXT)).find();
}
