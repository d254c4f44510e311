import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DIALECT } from './dialect.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOUND = new RegExp(String.raw`\b(?:${Object.keys(DIALECT).join('|')})\b`, 'i');
const COMMENT = /^\s*(?:\*|\/\/|\/\*\*).*$|\s\/\/ .*$/gm;

/** The texts in quotes of a source file, comments aside. */
function textsOf(source: string): string[] {
  const code = source.replaceAll(COMMENT, '');
  return [...code.matchAll(/'([^'\n]*)'|`([^`]*)`/g)].map(([, plain, template]) => plain ?? template ?? '');
}

/** The comments of a source file; consecutive lines are one text, since a phrase may be wrapped. */
function commentsOf(source: string): string[] {
  const lines = source
    .split('\n')
    .map((line) => line.match(COMMENT)?.[0].replace(/^[\s/*]+|\*\/$/g, '') ?? '\n');
  return lines.join(' ').split('\n');
}

/** A book without its code: examples have comments of their own, and names of commands are not ours. */
const proseOf = (book: string): string[] =>
  book
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, '')
    .split(/\n\n+|\n(?=[-|])/);

/** Each place where a text of the files has a phrase of the dialect, with what to write instead. */
function findings(files: readonly string[], textsIn: (source: string) => readonly string[]): string[] {
  return files.flatMap((file) =>
    textsIn(readFileSync(`${ROOT}/${file}`, 'utf8')).flatMap((text) => {
      const phrase = FOUND.exec(text.replaceAll(/\s+/g, ' '))?.[0].toLowerCase();
      if (phrase === undefined) return [];
      const better = Object.entries(DIALECT).find(([pattern]) =>
        new RegExp(`^(?:${pattern})$`, 'i').test(phrase),
      )?.[1];
      return [`${file}: "${phrase}" → ${better}: ${text.trim().slice(0, 100)}`];
    }),
  );
}

describe('what people read', () => {
  it('has none of our dialect in messages, flags, annotations and descriptions of fields', () => {
    const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
    expect(files.length).toBeGreaterThan(200);
    expect(findings(files, textsOf)).toEqual([]);
  });

  it('has none of it in titles of tests', () => {
    const files = globSync(['src/**/*.test.ts', 'test/**/*.ts', 'hack/**/*.test.ts'], { cwd: ROOT });
    expect(files.length).toBeGreaterThan(300);
    expect(findings(files, textsOf)).toEqual([]);
  });

  it('has none of it in the books', () => {
    const books = globSync(
      ['*.md', 'src/**/*.md', 'manifests/**/*.md', 'analysis-templates/*.md', 'test/*.md', 'hack/*.md'],
      { cwd: ROOT },
    );
    expect(books.length).toBeGreaterThan(10);
    expect(findings(books, proseOf)).toEqual([]);
  });

  it('has none of it in comments', () => {
    const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'hack/**/*.ts'], { cwd: ROOT }).filter(
      (file) => file !== 'hack/generate/dialect.ts',
    );
    expect(files.length).toBeGreaterThan(500);
    expect(findings(files, commentsOf)).toEqual([]);
  });
});
