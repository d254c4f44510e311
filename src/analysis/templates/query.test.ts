import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { podsPattern, queriesOf } from './query.ts';
import { expand, regexLiteral, variablesOf } from './variable.ts';

describe('expand', () => {
  const values: Readonly<Record<string, string>> = {
    name: 'a"b\\c',
    word: 'http_requests_total',
    odd: 'a{b}',
  };
  const lookup = (name: string): string | undefined => values[name];

  it.each([
    ['up{a="{{name}}"}', String.raw`up{a="a\"b\\c"}`],
    ["up{a='{{ name }}'}", String.raw`up{a='a"b\\c'}`],
    ['up{a=`{{name}}`}', 'up{a=`a"b\\c`}'],
    ['{{word}}{a="x"}', 'http_requests_total{a="x"}'],
    [String.raw`up{a="\"{{word}}\""}`, String.raw`up{a="\"http_requests_total\""}`],
    ['up{a="{{unknown}}"}', 'up{a="{{unknown}}"}'],
  ])('fills %s', (template, text) => {
    expect(expand(template, lookup)).toEqual({ text });
  });

  it('puts nothing but names and numbers outside of quotes', () => {
    expect(expand('{{odd}}', lookup)).toMatchObject({ problem: expect.stringContaining('{{odd}}') });
    expect(expand('{{name}} or up', lookup)).toHaveProperty('problem');
    expect(expand('up{a=`{{q}}`}', () => '`')).toHaveProperty('problem');
  });

  it('lets no value out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const found = expand('up{a="{{v}}"}', () => value);
        const text = 'text' in found ? found.text : '';
        const inner = text.slice('up{a="'.length, -'"}'.length);
        expect(inner.replaceAll(/\\[\s\S]/g, '')).not.toMatch(/["\n\\]/);
        const read = inner.replaceAll(/\\([\s\S])/g, (_, one: string) => (one === 'n' ? '\n' : one));
        expect(read).toBe(value);
      }),
    );
  });

  it('names the variables of a template', () => {
    expect(variablesOf('{{a}}{b="{{ args.c }}"}')).toEqual(['a', 'args.c']);
  });
});

describe('queriesOf', () => {
  const metric = { onNoData: 'wait', dryRun: false } as const;
  const metrics: Metric[] = [
    { ...metric, name: 'errors', errors: { requests: 'r{pod=~"{{pods}}"}', failures: 'f{h="{{hash}}"}' } },
    {
      ...metric,
      name: 'latency',
      latency: {
        buckets: 'b{s="{{subset}} {{service}}.{{namespace}} {{workload}}"}',
        unit: 's',
        quantile: '95%',
      },
    },
  ];
  const names = {
    namespace: 'ml',
    workload: 'ranker',
    service: 'ranker-svc',
    canary: { replicaSet: 'ranker-v1.2-abc', hash: 'abc' },
    stable: { replicaSet: 'ranker-def', hash: 'def' },
  };

  it('asks every query once for either version', () => {
    expect(queriesOf(metrics, names)).toEqual([
      {
        metric: 'errors',
        arm: 'canary',
        part: 'requests',
        promql: String.raw`r{pod=~"ranker-v1\\.2-abc-[a-z0-9]{5}"}`,
      },
      { metric: 'errors', arm: 'stable', part: 'requests', promql: 'r{pod=~"ranker-def-[a-z0-9]{5}"}' },
      { metric: 'errors', arm: 'canary', part: 'failures', promql: 'f{h="abc"}' },
      { metric: 'errors', arm: 'stable', part: 'failures', promql: 'f{h="def"}' },
      {
        metric: 'latency',
        arm: 'canary',
        part: 'buckets',
        promql: 'b{s="sluice-canary ranker-svc.ml ranker"}',
      },
      {
        metric: 'latency',
        arm: 'stable',
        part: 'buckets',
        promql: 'b{s="sluice-stable ranker-svc.ml ranker"}',
      },
    ]);
  });

  it('matches the pods of its ReplicaSet and no others', () => {
    const pattern = new RegExp(`^${podsPattern('ranker-v1.2-abc')}$`);
    expect(
      ['ranker-v1.2-abc-x2z9k', 'ranker-v1x2-abc-x2z9k', 'ranker-v1.2-abc-de-x2z9k'].map((pod) =>
        pattern.test(pod),
      ),
    ).toEqual([true, false, false]);
    const long = new RegExp(`^${podsPattern(`${'a'.repeat(47)}-5d59d67564`)}$`);
    expect(long.test(`${'a'.repeat(47)}-5d59d67564x2z9k`)).toBe(true);
    expect(new RegExp(`^${regexLiteral('a.b[c]{d}|$^\\')}$`).test('a.b[c]{d}|$^\\')).toBe(true);
  });
});
