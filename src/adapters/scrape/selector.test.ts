import { describe, expect, it } from 'vitest';
import { exactly, parseSelectors, selects } from './selector.ts';

const labels = { __name__: 'a:b_total', namespace: 'ml', pod: 'x-abc12', status: '503', path: 'C:\\"q"' };

function fits(query: string): boolean {
  const parsed = parseSelectors(query);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.selectors.some((selector) => selects(selector, labels));
}

describe('parseSelectors', () => {
  it.each([
    ['a:b_total', true],
    [' a:b_total { } ', true],
    ['a:b_total{namespace="ml", pod=~"x-[a-z0-9]{5}",}', true],
    ['a:b_total{pod=~"x-[a-z0-9]{4}"}', false],
    ['a:b_total{status=~"5.."}', true],
    ["a:b_total{status!~'5..'}", false],
    ['a:b_total{status!="503"}', false],
    ['a:b_total{missing=""}', true],
    ['a:b_total{missing!=""}', false],
    ['a:b_total{missing=~".*"}', true],
    ['{__name__=~"a:.*_total"}', true],
    ['other{namespace="ml"} or a:b_total{status="503"}', true],
    ['other OR a:b_total', true],
    ['other or\n another', false],
    ['a:b_total{path="C:\\\\\\"q\\""}', true],
    ['a:b_total{path=`C:\\"q"`}', true],
  ])('reads %s', (query, expected) => {
    expect(fits(query)).toBe(expected);
  });

  it.each([
    ['rate(a_total[1m])', 'then comes (a_total'],
    ['a_total[1m]', 'then comes [1m]'],
    ['a_total offset 5m', 'then comes offset 5m'],
    ['sum(a_total) by (pod)', 'then comes'],
    ['a_total and b_total', 'then comes and b_total'],
    ['42', 'does not begin with the name of a metric'],
    ['', 'does not begin with the name of a metric'],
    ['a_total{', 'a brace is not closed'],
    ['a_total{pod="x}', 'a brace is not closed'],
    ['a_total{pod="x" namespace="y"}', 'there is no comma'],
    ['a_total{pod=~"("}', 'the pattern of pod is no regular expression'],
    ['{pod="x"}', 'it names no metric'],
  ])('refuses %s with a reason', (query, reason) => {
    const parsed = parseSelectors(query);
    expect('problem' in parsed && parsed.problem).toContain(reason);
    expect('problem' in parsed && parsed.problem).toContain('pods are scraped without Prometheus');
  });

  it('takes no long time for a pattern that would take a backtracking engine for ever', () => {
    const parsed = parseSelectors('a:b_total{pod=~"(x+x+)+y"}');
    const [selector] = 'problem' in parsed ? [] : parsed.selectors;
    expect(selector !== undefined && selects(selector, { ...labels, pod: 'x'.repeat(1_000) })).toBe(false);
  });

  it('knows the value that a label must have', () => {
    const parsed = parseSelectors('a_total{namespace="ml",pod=~"x"}');
    const [selector = []] = 'problem' in parsed ? [] : parsed.selectors;
    expect([exactly(selector, 'namespace'), exactly(selector, 'pod')]).toEqual(['ml', undefined]);
  });
});
