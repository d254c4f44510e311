import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { approvedByOf } from './approve-in-git.ts';
import type { Change } from './request.ts';
import { stampOf } from './stamp.ts';

const release = (spec: object): KubeObject => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Release',
  metadata: { name: 'ranker' },
  spec,
});

const approved = (index: number, by: string): Change => ({
  op: 'add',
  path: `/spec/approvals/${index}/by`,
  value: by,
});

describe('stampOf', () => {
  it.each<[string, object | null, object, Change[]]>([
    ['nothing', {}, {}, []],
    ['a pause', {}, { paused: true }, [{ op: 'add', path: '/spec/pause', value: { by: 'alice' } }]],
    [
      'a pause with a reason and a forged name',
      { paused: false },
      { paused: true, pause: { reason: 'lunch', by: 'x' } },
      [{ op: 'add', path: '/spec/pause/by', value: 'alice' }],
    ],
    [
      'a pause that was there',
      { paused: true, pause: { reason: 'lunch', by: 'bob' } },
      { paused: true, pause: { reason: 'lunch' } },
      [{ op: 'add', path: '/spec/pause/by', value: 'bob' }],
    ],
    [
      'another reason',
      { paused: true, pause: { reason: 'lunch', by: 'bob' } },
      { paused: true, pause: { reason: 'supper', by: 'bob' } },
      [{ op: 'add', path: '/spec/pause/by', value: 'alice' }],
    ],
    ['a pause from before there were names', { paused: true }, { paused: true }, []],
    [
      'a resume',
      { paused: true, pause: { by: 'bob' } },
      { paused: false, pause: { by: 'bob' } },
      [{ op: 'remove', path: '/spec/pause' }],
    ],
    ['an abort', {}, { abort: {} }, [{ op: 'add', path: '/spec/abort/by', value: 'alice' }]],
    ['a forged abort', null, { abort: { by: 'x' } }, [{ op: 'add', path: '/spec/abort/by', value: 'alice' }]],
    [
      'an abort that was there',
      { abort: { by: 'bob' } },
      { abort: { by: 'alice' } },
      [{ op: 'add', path: '/spec/abort/by', value: 'bob' }],
    ],
    ['an approval', {}, { approvals: [{ gate: 'start' }] }, [approved(0, 'alice')]],
    ['a forged approval', {}, { approvals: [{ gate: 'start', by: 'x' }] }, [approved(0, 'alice')]],
    [
      'a second one',
      { approvals: [{ gate: 'start', by: 'bob', onBehalfOf: '' }] },
      { approvals: [{ gate: 'start', by: 'bob' }, { gate: '50' }] },
      [approved(1, 'alice')],
    ],
    [
      'the same again, twice, around a new one',
      { approvals: [{ gate: 'start', by: 'alice' }] },
      {
        approvals: [
          { gate: 'start', by: 'alice' },
          { gate: 'start' },
          { gate: '50' },
          { gate: 'start', by: 'x', reason: 'again' },
        ],
      },
      [
        approved(2, 'alice'),
        { op: 'remove', path: '/spec/approvals/3' },
        { op: 'remove', path: '/spec/approvals/1' },
      ],
    ],
    [
      'the same for another person',
      { approvals: [{ gate: 'start', by: 'alice', onBehalfOf: 'U1' }] },
      { approvals: [{ gate: 'start', by: 'alice', onBehalfOf: 'U2' }] },
      [approved(0, 'alice')],
    ],
    ['a full promotion', {}, { promote: {} }, [{ op: 'add', path: '/spec/promote/by', value: 'alice' }]],
    [
      'an existing entry',
      { promote: { by: 'bob' } },
      { promote: { by: 'alice' } },
      [{ op: 'add', path: '/spec/promote/by', value: 'bob' }],
    ],
    [
      'a skip beside an existing one, and a forged one',
      { skips: [{ step: 0, by: 'bob' }] },
      { skips: [{ step: 0 }, { step: 1, by: 'x' }] },
      [
        { op: 'add', path: '/spec/skips/0/by', value: 'bob' },
        { op: 'add', path: '/spec/skips/1/by', value: 'alice' },
      ],
    ],
    [
      'a skip by the short form',
      {},
      { skipStep: 1 },
      [
        { op: 'add', path: '/spec/skips', value: [] },
        { op: 'add', path: '/spec/skips/-', value: { step: 1, by: 'alice' } },
      ],
    ],
    [
      'the short form beside a skip, and of a step that has one',
      { skips: [{ step: 0, by: 'bob' }] },
      { skips: [{ step: 0, by: 'bob' }], skipStep: 0 },
      [{ op: 'add', path: '/spec/skips/0/by', value: 'bob' }],
    ],
    ['the short form that was there', { skipStep: 1 }, { skipStep: 1, paused: false }, []],
  ])('%s', (_case, old, now, changes) => {
    expect(stampOf({ user: 'alice', object: release(now), old: old && release(old) })).toEqual(changes);
  });
});

const annotated = (approve?: string, by?: string): KubeObject => ({
  ...release({}),
  metadata: {
    name: 'ranker',
    annotations: {
      ...(approve === undefined ? {} : { 'sluice.dev/approve': approve }),
      ...(by === undefined ? {} : { 'sluice.dev/approved-by': by }),
    },
  },
});
describe('approvedByOf', () => {
  const path = '/metadata/annotations/sluice.dev~1approved-by';
  const by = (value: string): Change => ({ op: 'add', path, value });

  it.each<[string, KubeObject | null, KubeObject, Change[]]>([
    ['an approval', null, annotated('a:start'), [by('alice')]],
    ['a forged one', annotated(), annotated('a:start', 'x'), [by('alice')]],
    ['an existing entry', annotated('a:start', 'bob'), annotated('a:start', 'bob'), []],
    ['one whose name was lost', annotated('a:start', 'bob'), annotated('a:start'), [by('bob')]],
    ['one whose name was changed', annotated('a:start', 'bob'), annotated('a:start', 'alice'), [by('bob')]],
    ['another one', annotated('a:start', 'bob'), annotated('a:50', 'bob'), [by('alice')]],
    ['a name alone', annotated(), annotated(undefined, 'x'), [{ op: 'remove', path }]],
    ['nothing', annotated(), annotated(), []],
  ])('%s', (_case, old, now, changes) => {
    expect(approvedByOf({ user: 'alice', object: now, old })).toEqual(changes);
  });
});
