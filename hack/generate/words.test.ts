import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Phrases of ours that nobody else uses, in texts that people read. Say it as Kubernetes would. */
const DIALECT = [
  'anew',
  'is told',
  'are told',
  'been told',
  'being told',
  'goes on',
  'in vain',
  'for nothing',
  'given up',
  'put right',
  'as they must be',
  'as they are to be',
  'what is the case',
  'is looked at',
  'being looked at',
  'taken back',
  'stands still',
];
const FOUND = new RegExp(String.raw`\b(?:${DIALECT.join('|')})\b`, 'i');

/** The texts in quotes of a source file, comments aside. */
function textsOf(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\*|\/\/|\/\*\*).*$/gm, '');
  return [...code.matchAll(/'([^'\n]*)'|`([^`]*)`/g)].map(([, plain, template]) => plain ?? template ?? '');
}

describe('what people read', () => {
  it('has none of our dialect: messages, flags, annotations and descriptions of fields', () => {
    const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) =>
      textsOf(readFileSync(`${ROOT}/${file}`, 'utf8'))
        .filter((text) => FOUND.test(text))
        .map((text) => `${file}: ${text.slice(0, 80)}`),
    );
    expect(found).toEqual([]);
  });
});
