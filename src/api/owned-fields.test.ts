import { describe, expect, it } from 'vitest';
import type { KubeObject, ManagedFields } from './meta.ts';
import { disownPatch, ownsFields } from './owned-fields.ts';

const object = (...managedFields: ManagedFields[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker', resourceVersion: '7', managedFields },
});
const user = { manager: 'gitops', operation: 'Apply' };
const ours = { manager: 'sluice', operation: 'Update' };
const status = { ...ours, subresource: 'status' };
const guard = { op: 'test', path: '/metadata/resourceVersion', value: '7' };
const path = '/metadata/managedFields';

describe('fields of an object', () => {
  it.each<[string, KubeObject, object[]]>([
    ['beside those of others', object(user, ours), [guard, { op: 'remove', path: `${path}/1` }]],
    ['alone', object(ours), [guard, { op: 'replace', path, value: [{}] }]],
  ])('that we own %s are given back', (_what, one, patch) => {
    expect(ownsFields(one)).toBe(true);
    expect(disownPatch(one)).toEqual(patch);
  });

  it.each<[string, KubeObject]>([
    ['of others', object(user, { manager: 'sluice', operation: 'Apply' }, { manager: 'sluice-cli' })],
    ['of the status', object(user, status)],
    ['that nobody owns', object()],
    ['of which nothing is known', { ...object(), metadata: { name: 'ranker' } }],
  ])('%s are left alone', (_what, one) => {
    expect(ownsFields(one)).toBe(false);
    expect(disownPatch(one)).toEqual([]);
  });
});
