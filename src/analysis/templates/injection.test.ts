import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSelectors, selects } from '../../adapters/scrape/selector.ts';
import type { AnalysisTemplate } from '../../api/analysis/analysis-template.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { API_VERSION } from '../../api/meta.ts';
import { queriesOf } from './query.ts';
import { resolveMetrics } from './resolve.ts';

const names = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  canary: { replicaSet: 'ranker-abc', hash: 'abc' },
  stable: { replicaSet: 'ranker-def', hash: 'def' },
};
const QUERIES = {
  double: 'm{a="{{args.x}}",b="{{arm}}"}',
  single: "m{a='{{args.x}}',b='{{arm}}'}",
  pattern: 'm{a=~"{{args.x}}",b=~"{{arm}}"}',
};

/** The query for the canary, with the value where a field of the Deployment has it. */
function queryWith(promql: string, value: string): string {
  const spec = {
    args: [{ name: 'x', valueFrom: { fieldPath: 'metadata.name' } }],
    metrics: [{ name: 'e', max: '1%', errors: { requests: promql, failures: promql } }],
  };
  const template = {
    apiVersion: API_VERSION,
    kind: 'ClusterAnalysisTemplate',
    metadata: { name: 't' },
    spec,
  };
  const found = resolveMetrics(
    [TemplateRef.parse({ name: 't' })],
    [template as unknown as AnalysisTemplate],
    [],
    () => value,
  );
  if ('problem' in found) throw new Error(found.problem.message);
  return queriesOf(found.metrics, names)[0]?.promql ?? '';
}

/** Text such as people put into annotations, with all that could end a string or mean something in a pattern. */
const value = fc
  .string({ unit: fc.constantFrom(...'ab "\'`\\{}[]()|.*+?^$=~!,\n\t#é'.split('')), maxLength: 24 })
  .filter((text) => !text.includes('{{'));

describe('a value that is read from a field', () => {
  it.each(Object.entries(QUERIES))('selects exactly itself, whatever is in it (%s)', (_, promql) => {
    fc.assert(
      fc.property(value, (text) => {
        const parsed = parseSelectors(queryWith(promql, text));
        const [selector = [], ...others] = 'problem' in parsed ? [] : parsed.selectors;
        const has = (a: string, b: string): boolean => selects(selector, { __name__: 'm', a, b });
        const seen = [others.length, has(text, 'canary'), has(`${text}x`, 'canary'), has(text, 'stable')];
        expect(seen).toEqual([0, true, false, false]);
        expect(selector.map(({ label }) => label)).toEqual(['__name__', 'a', 'b']);
      }),
    );
  });
});
