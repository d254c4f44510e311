import { describe, expect, it } from 'vitest';
import { ago, release, rollout, scene, stepping } from '../../test/fixtures/cli.ts';
import { CliError } from './cli-error.ts';
import { findRelease, findRollout, referenceOf } from './inventory.ts';

const policy = { ...rollout({}, 'ranker-policy'), spec: rollout({}, 'embedder').spec };
const old = release({ phase: 'Promoted', finishedAt: ago(500) }, {}, 'ranker-s111111111');
const current = release(stepping());
const SCENE = scene([rollout(), policy], [old, current]);

function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return [error.message, ...error.next].join(' / ');
    throw error;
  }
  return 'nothing';
}

describe('a name', () => {
  it.each([
    ['ranker', { name: 'ranker' }],
    ['release/x', { kind: 'release', name: 'x' }],
    ['Rollouts/x', { kind: 'rollout', name: 'x' }],
    ['deploy/x', { kind: 'deployment', name: 'x' }],
  ])('%s', (text, reference) => {
    expect(referenceOf(text)).toEqual(reference);
  });

  it.each([['pod/x'], ['release/'], ['a/b/c'], ['/x'], ['']])('"%s" is refused', (text) => {
    expect(told(() => referenceOf(text))).toContain('is no name of a release');
  });
});

describe('the release that is meant', () => {
  it.each([
    ['a Rollout', 'ranker', 'ranker-s222222222'],
    ['its current one', 'rollout/ranker', 'ranker-s222222222'],
    ['a Deployment', 'deployment/ranker', 'ranker-s222222222'],
    ['a Release', 'release/ranker-s111111111', 'ranker-s111111111'],
    ['a Release without its kind', 'ranker-s111111111', 'ranker-s111111111'],
  ])('by %s', (_what, name, expected) => {
    expect(findRelease(SCENE, name).release?.metadata.name).toBe(expected);
  });

  it('is the newest where none is under way', () => {
    expect(findRelease(scene([rollout()], [old]), 'ranker').release).toBe(old);
  });

  it('is none where there was none yet', () => {
    expect(findRelease(SCENE, 'embedder')).toEqual({ rollout: policy, release: null });
  });

  it('without a name is that of the only Rollout', () => {
    expect(findRollout(scene([rollout()], []), undefined).metadata.name).toBe('ranker');
    expect(told(() => findRollout(SCENE, undefined))).toBe(
      'which one? Namespace models has 2 Rollouts / name one of ranker, ranker-policy',
    );
  });

  it.each([
    [
      'rankr',
      'there is no Rollout rankr in namespace models / did you mean ranker, embedder, ranker-policy?',
    ],
    [
      'release/ranker-s111',
      'there is no Release ranker-s111 in namespace models / did you mean ranker-s111111111',
    ],
    [
      'deployment/ranke',
      'there is no Rollout for Deployment ranke in namespace models / did you mean ranker',
    ],
  ])('that is not there (%s) brings what was probably meant', (name, message) => {
    expect(told(() => findRelease(SCENE, name))).toContain(message);
  });

  it('in an empty namespace points to the others', () => {
    expect(told(() => findRollout(scene([], []), 'x'))).toContain('sluice get -A');
  });
});
