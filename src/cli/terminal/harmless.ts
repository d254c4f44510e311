import { randomInt } from 'node:crypto';

const ESC = '\u001b';
/**
 * Marks colours as our own, with a secret that text of an object cannot know. It is encoded as parameters of the
 * colour, in groups short enough for terminals, so that it takes no columns.
 */
const OWN = Array.from({ length: 4 }, () => randomInt(1_000, 10_000)).join(';');
const OWN_COLOUR = `${ESC}\\[${OWN};\\d+m`;

/**
 * Control characters, and characters that change the direction of text, hide in it or break lines; joiners are part of
 * words.
 */
const UNSAFE = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|[\p{Cf}--[\u200c\u200d]]`;
const IN_LINE = new RegExp(`${OWN_COLOUR}|${UNSAFE}`, 'gv');
const IN_DATA = new RegExp(`(?![\\n\\t])(?:${UNSAFE})`, 'gv');
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** A character as a `\u` escape, astral characters as surrogate pairs. */
function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${hex(text.charCodeAt(at), 4)}`).join('');
}

/** Marks a colour as our own. */
export function owned(sequence: string): string {
  return sequence.replace(/\[(\d+)m$/, `[${OWN};$1m`);
}

/** One line for a terminal: control characters become visible escapes. Our own colours stay. */
export function harmlessLine(text: string): string {
  return text.replace(IN_LINE, (found) =>
    found.startsWith(`${ESC}[`) ? found : (NAMED[found] ?? escaped(found)),
  );
}

/** A line with our own colours as the terminal needs them; the last step before it is written. */
export function coloured(line: string): string {
  return line.replaceAll(`${ESC}[${OWN};`, `${ESC}[`);
}

/** JSON without characters that control a terminal; it parses to the same value. */
export function harmlessJson(json: string): string {
  return json.replace(IN_DATA, escaped);
}

/** Whether a string must be quoted in YAML to be harmless. */
export function isHarmful(text: string): boolean {
  return text.search(IN_DATA) >= 0;
}

/** YAML in which every harmful string is in double quotes; it parses to the same value. */
export function harmlessYaml(yaml: string): string {
  return yaml.replace(IN_DATA, (found) => {
    const code = found.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${hex(code, 8)}` : escaped(found);
  });
}
