import { describe, expect, it } from 'vitest';
import { TemplateRef } from '../../api/analysis/template-ref.ts';
import { fieldOf } from './field-path.ts';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker', namespace: 'ml', labels: { team: 'a' }, annotations: { 'x.io/slo': '1%' } },
  spec: {
    template: { metadata: { labels: { 'app.kubernetes.io/name': 'r' }, annotations: { model: 'm' } } },
  },
};
const bare = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'ranker' } };

const refOf = (fieldPath: string) =>
  TemplateRef.safeParse({ name: 'a', args: [{ name: 'x', valueFrom: { fieldPath } }] });

describe('fieldOf', () => {
  it.each([
    ['metadata.name', 'ranker'],
    ['metadata.namespace', 'ml'],
    ["metadata.labels['team']", 'a'],
    ["metadata.annotations['x.io/slo']", '1%'],
    ["spec.template.metadata.labels['app.kubernetes.io/name']", 'r'],
    ["spec.template.metadata.annotations['model']", 'm'],
    ["metadata.labels['none']", undefined],
  ])('reads %s', (path, value) => {
    expect(refOf(path).success).toBe(true);
    expect(fieldOf(deployment, path)).toBe(value);
  });

  it('finds nothing in an object without labels', () => {
    expect(fieldOf(bare, "spec.template.metadata.labels['x']")).toBeUndefined();
    expect(fieldOf(bare, "metadata.labels['x']")).toBeUndefined();
  });

  it.each(['spec.replicas', 'metadata.uid', 'metadata.labels[team]', "metadata.labels['']", "status.x['a']"])(
    'is refused before for %s',
    (path) => {
      expect(refOf(path).success).toBe(false);
    },
  );
});
