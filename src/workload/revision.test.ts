import { describe, expect, it } from 'vitest';
import { revisionOf } from './revision.ts';

const base = { metadata: { labels: { app: 'model' } }, spec: { containers: [{ name: 'a', image: 'v1' }] } };

describe('revisionOf', () => {
  it.each<[string, Record<string, unknown>]>([
    [
      'the order of fields',
      { spec: { containers: [{ image: 'v1', name: 'a' }] }, metadata: { labels: { app: 'model' } } },
    ],
    ['the hash', { ...base, metadata: { labels: { app: 'model', 'pod-template-hash': 'x' } } }],
    ['an empty creation time', { ...base, metadata: { ...base.metadata, creationTimestamp: null } }],
    ['a field that is null', { ...base, spec: { ...base.spec, nodeName: null } }],
  ])('does not depend on %s', (_what, same) => {
    expect(revisionOf(same)).toBe(revisionOf(base));
  });

  it.each<[string, Record<string, unknown>]>([
    ['the image', { ...base, spec: { containers: [{ name: 'a', image: 'v2' }] } }],
    ['an annotation', { ...base, metadata: { ...base.metadata, annotations: { restartedAt: 'now' } } }],
    ['a label', { ...base, metadata: { labels: { app: 'model', tier: 'gpu' } } }],
    [
      'the order of a list',
      {
        ...base,
        spec: {
          containers: [
            { name: 'b', image: 'v1' },
            { name: 'a', image: 'v1' },
          ],
        },
      },
    ],
  ])('depends on %s', (_what, other) => {
    expect(revisionOf(other)).not.toBe(revisionOf(base));
  });

  it('can be part of a name, and is never a hash of Kubernetes', () => {
    expect(revisionOf(base)).toMatch(/^s[bcdfghjklmnpqrstvwxz2456789]{9}$/);
  });

  it('is the same without labels and with none', () => {
    expect(revisionOf({ metadata: {}, spec: {} })).toBe(revisionOf({ metadata: { labels: {} }, spec: {} }));
    expect(revisionOf({ spec: {} })).toBe(revisionOf({ metadata: {}, spec: {} }));
  });
});
