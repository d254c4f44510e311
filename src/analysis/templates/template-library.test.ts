import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { LIBRARY_TEMPLATES } from '../../../test/fixtures/exposition/recorded.ts';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { replicaSetName } from '../../api/derived-names.ts';
import { API_VERSION } from '../../api/meta.ts';
import { queriesOf } from './query.ts';
import { resolveMetrics } from './resolve.ts';

const FOLDER = new URL('../../../analysis-templates/', import.meta.url);
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

/** A pod as Kubernetes names it. */
const podOf = (replicaSet: string): string => `${`${replicaSet}-`.slice(0, 58)}x2z9k`;
const matches = (pattern: string, pod: string): boolean =>
  new RegExp(`^(?:${pattern.replaceAll('\\\\', '\\')})$`).test(pod);

describe.each(files)('analysis-templates/%s', (file) => {
  const object: unknown = parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  const { metadata } = Shape.parse(object);

  it('finds the pods of each version by their names, however long that of the Deployment is', () => {
    const found = resolveMetrics([TemplateRef.parse({ name: metadata.name })], LIBRARY_TEMPLATES, []);
    for (const length of [1, 44, 45, 46, 47, 48, 56, 57, 58, 62, 63, 64, 253]) {
      const workload = 'ranker.v-'
        .repeat(28)
        .slice(0, length - 1)
        .padEnd(length, 'a');
      const canary = { replicaSet: replicaSetName(workload, 'sbcdfghjklx2'), hash: 'sbcdfghjklx2' };
      const stable = { replicaSet: `${workload.slice(0, 242)}-5d59d67564`, hash: '5d59d67564' };
      const queries = queriesOf('metrics' in found ? found.metrics : [], {
        ...names,
        workload,
        canary,
        stable,
      });
      for (const { arm, promql } of queries) {
        const [mine, other] = arm === 'canary' ? [canary, stable] : [stable, canary];
        for (const [, pattern = ''] of promql.matchAll(/pod=~"([^"]*)"/g)) {
          expect(matches(pattern, podOf(mine.replicaSet)), `${promql} of ${length}`).toBe(true);
          expect(matches(pattern, podOf(other.replicaSet)), `${promql} of ${length}`).toBe(false);
        }
      }
    }
  });

  it('resolves without arguments and leaves no variable in its queries', () => {
    expect(file).toBe(`${metadata.name}.yaml`);
    const found = resolveMetrics([TemplateRef.parse({ name: metadata.name })], LIBRARY_TEMPLATES, []);
    expect(found).not.toHaveProperty('problem');
    const queries = queriesOf('metrics' in found ? found.metrics : [], names);
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.filter(({ promql }) => promql.includes('{{'))).toEqual([]);
  });
});
