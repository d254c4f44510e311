import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/meta.ts';
import { holdOf } from './hold.ts';
import { type AdmissionRequest, type Change, CONTROLLER } from './request.ts';

interface Shape {
  readonly gate?: string;
  readonly hold?: string;
  readonly rollout?: string;
  readonly paused?: boolean;
  readonly image?: string;
  /** No annotations at all. */
  readonly bare?: true;
}

function deployment({ gate, hold, rollout, paused, image = 'v1', bare }: Shape): KubeObject {
  const all = { 'sluice.dev/gate': gate, 'sluice.dev/hold': hold, 'sluice.dev/rollout': rollout };
  const annotations = JSON.parse(JSON.stringify(all)) as Record<string, string>;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ranker', ...(bare ? {} : { annotations }) },
    spec: { ...(paused === undefined ? {} : { paused }), template: { spec: { image } } },
  };
}

const ask = (old: Shape | null, now: Shape, user = 'alice'): AdmissionRequest => ({
  user,
  object: deployment(now),
  old: old === null ? null : deployment(old),
});

const PAUSE: Change = { op: 'add', path: '/spec/paused', value: true };
const add = (name: string, value: string): Change => ({
  op: 'add',
  path: `/metadata/annotations/sluice.dev~1${name}`,
  value,
});
const remove = (name: string): Change => ({
  op: 'remove',
  path: `/metadata/annotations/sluice.dev~1${name}`,
});

const FREE: Shape = { gate: 'ranker' };
const HELD: Shape = { gate: 'ranker', hold: 'newer-template', paused: true, image: 'v2' };
const OWN: Shape = { gate: 'ranker', paused: true };

describe('holdOf', () => {
  it.each<[string, Shape | null, Shape, Change[]]>([
    ['a new template', FREE, { ...FREE, image: 'v2' }, [PAUSE, add('hold', 'newer-template')]],
    [
      'a new template that says paused: false',
      FREE,
      { ...FREE, image: 'v2', paused: false },
      [PAUSE, add('hold', 'newer-template')],
    ],
    [
      'a replacement that knows nothing of the gate',
      FREE,
      { bare: true, image: 'v2' },
      [
        PAUSE,
        { op: 'add', path: '/metadata/annotations', value: {} },
        add('gate', 'ranker'),
        add('hold', 'newer-template'),
      ],
    ],
    ['the same template', FREE, FREE, []],
    ['another gate', FREE, { gate: 'other' }, [add('gate', 'ranker')]],
    ['no gate', FREE, {}, [add('gate', 'ranker')]],
    ['a forged hold', FREE, { ...FREE, hold: 'me' }, [remove('hold')]],
    ['a resume while held', HELD, { ...HELD, paused: false }, [PAUSE]],
    [
      'a resume that takes the mark off',
      HELD,
      { gate: 'ranker', image: 'v2' },
      [PAUSE, add('hold', 'newer-template')],
    ],
    ['the mark taken off', HELD, { ...OWN, image: 'v2' }, [add('hold', 'newer-template')]],
    ['a newer template while held', HELD, { ...HELD, image: 'v3' }, []],
    ['an owner’s pause', FREE, OWN, []],
    ['a new template under an owner’s pause', OWN, { ...OWN, image: 'v2' }, []],
    ['an owner’s resume', OWN, FREE, [PAUSE, add('hold', 'resumed')]],
    [
      'an owner’s resume with a new template',
      OWN,
      { ...FREE, image: 'v2' },
      [PAUSE, add('hold', 'newer-template')],
    ],
    ['opting out', HELD, { ...HELD, rollout: 'off', paused: false }, []],
    ['opting out with a new template', FREE, { ...FREE, rollout: 'off', image: 'v2' }, []],
    [
      'a mark that stayed behind',
      { ...FREE, hold: 'newer-template' },
      { ...FREE, hold: 'newer-template' },
      [remove('hold')],
    ],
    ['a creation', null, { rollout: 'true' }, []],
    ['a copied manifest', null, HELD, [remove('gate'), remove('hold')]],
    ['an opted-out copy', null, { gate: 'ranker', rollout: 'off' }, [remove('gate')]],
    ['pretending later', {}, { gate: 'ranker' }, [remove('gate')]],
    ['a new template without a gate', {}, { image: 'v2' }, []],
  ])('%s', (_case, old, now, changes) => {
    expect(holdOf(ask(old, now))).toEqual(changes);
  });

  it('asked again, it stays held', () => {
    const again = { ...FREE, image: 'v2', paused: true, hold: 'newer-template' };
    expect(holdOf(ask(FREE, again))).toEqual([]);
    expect(holdOf(ask(OWN, { ...OWN, hold: 'resumed' }))).toEqual([]);
  });

  it('lets the controller do all', () => {
    expect(holdOf(ask(HELD, FREE, CONTROLLER))).toEqual([]);
    expect(holdOf(ask(null, HELD, CONTROLLER))).toEqual([]);
  });
});
