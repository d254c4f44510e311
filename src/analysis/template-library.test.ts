import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { AnalysisTemplate } from '../api/analysis-template.ts';
import { API_VERSION } from '../api/meta.ts';
import { TemplateRef } from '../api/template-ref.ts';
import { queriesOf } from './query.ts';
import { resolveMetrics } from './resolve.ts';

const FOLDER = new URL('../../analysis-templates/', import.meta.url);
const Shape = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('ClusterAnalysisTemplate'),
  metadata: z.looseObject({ name: z.string() }),
});
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const names = {
  namespace: 'ml',
  workload: 'ranker',
  service: 'ranker',
  canary: { replicaSet: 'ranker-abc', hash: 'abc' },
  stable: { replicaSet: 'ranker-def', hash: 'def' },
};

describe.each(files)('analysis-templates/%s', (file) => {
  const object: unknown = parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  const { metadata } = Shape.parse(object);

  it('resolves without arguments and leaves no variable in its queries', () => {
    expect(file).toBe(`${metadata.name}.yaml`);
    const found = resolveMetrics(
      [TemplateRef.parse({ name: metadata.name })],
      [object as AnalysisTemplate],
      [],
    );
    expect(found).not.toHaveProperty('problem');
    const queries = queriesOf('metrics' in found ? found.metrics : [], names);
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.filter(({ promql }) => promql.includes('{{'))).toEqual([]);
  });
});
