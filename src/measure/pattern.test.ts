import { RE2JS } from 're2js';
import { describe, expect, it, vi } from 'vitest';
import { matches, problemOf } from './pattern.ts';

describe('a pattern', () => {
  it('is looked for anywhere in the first 16,384 characters', () => {
    expect(matches('c[a-z]t', 'a cat')).toBe(true);
    expect(matches('cat', `${' '.repeat(16_381)}cat`)).toBe(true);
    expect(matches('cat', `${' '.repeat(16_382)}cat`)).toBe(false);
  });

  it('is compiled once', () => {
    const compile = vi.spyOn(RE2JS, 'compile');
    for (let times = 0; times < 3; times += 1) matches('on[c]e', 'once');
    expect(compile).toHaveBeenCalledTimes(1);
    compile.mockRestore();
  });

  it.each(['^(yes|no)$', '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z'])('%s is a good one', (pattern) => {
    expect(problemOf(pattern)).toBeNull();
  });

  it.each([
    ['(?=a)', 'is no pattern of RE2: '],
    ['(?:a?|b?| ){1000}[0-9]', 'is too large: it has '],
  ])('%s is none', (pattern, problem) => {
    expect(problemOf(pattern)).toContain(problem);
  });
});
