import { describe, expect, it } from 'vitest';
import { release, rollout } from '../../test/fixtures/release.ts';
import type { KubeObject } from '../api/meta.ts';
import { ROUTERS } from '../traffic/registry.ts';
import { MACHINE_VERSION } from './machine.ts';
import { parseRelease, parseRollout, rolloutOfRelease } from './parse.ts';

const stepping = {
  machineVersion: 2,
  phase: 'Stepping',
  stage: 'Analysing',
  step: 0,
  weight: 10,
  replicas: 1,
};
const ended = { phase: 'Promoted', stage: undefined, weight: 0 };
const withStatus = (status: object): KubeObject => ({ ...release(), status });

function problem(object: KubeObject): string | null {
  const parsed = parseRelease(object);
  return 'problem' in parsed ? parsed.problem.reason : null;
}

describe('parseRelease', () => {
  it.each<[string, object, string | null]>([
    ['a place that it knows', {}, null],
    ['a phase that it does not know', { phase: 'Warming' }, 'InvalidRelease'],
    ['a stage that it does not know', { stage: 'Warming' }, 'UnknownPhase'],
    ['a stage of another phase', { stage: 'Draining' }, 'UnknownPhase'],
    ['a phase without its stage', { stage: undefined }, 'UnknownPhase'],
    ['a newer machine', { machineVersion: MACHINE_VERSION + 1 }, 'UnknownPhase'],
    ['an end of a newer machine', { ...ended, machineVersion: MACHINE_VERSION + 1 }, null],
    ['an end with a stage', { ...ended, stage: 'Analysing' }, 'UnknownPhase'],
    ['a field that it does not know', { mood: 'fine' }, null],
    ['a weight that is none', { weight: 'much' }, 'InvalidRelease'],
  ])('with %s', (_what, over, expected) => {
    expect(problem(withStatus({ ...stepping, ...over }))).toBe(expected);
  });

  it('names the field that is wrong', () => {
    const parsed = parseRelease({ ...release(), spec: { ...release().spec, revision: 7 } });
    expect(parsed).toMatchObject({ problem: { message: expect.stringContaining('spec.revision') } });
  });

  it('reads each version of an object once', () => {
    const object = withStatus(stepping);
    expect(parseRelease(object)).toBe(parseRelease(object));
  });
});

describe('rolloutOfRelease', () => {
  const owners = [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'owner', uid: 'u' }];

  it.each<[string, Partial<KubeObject>, string | undefined]>([
    ['what it says', {}, 'model'],
    [
      'its owner, where it says nothing readable',
      { spec: { rollout: 7 }, metadata: { name: 'r', ownerReferences: owners } },
      'owner',
    ],
    ['nothing', { spec: null, metadata: { name: 'r' } }, undefined],
  ])('is %s', (_what, over, expected) => {
    expect(rolloutOfRelease({ ...release(), ...over })).toBe(expected);
  });
});

describe('parseRollout', () => {
  it('fills in the defaults', () => {
    const raw = {
      ...rollout(),
      spec: {
        target: { name: 'm' },
        traffic: { istio: { virtualService: 'v' } },
        analysis: { templates: [{ name: 'e' }] },
      },
    };
    const parsed = parseRollout(raw, ROUTERS);
    expect(parsed).toMatchObject({
      value: { spec: { onAbort: 'hold', settle: '2s' } },
    });
  });

  it('says what is wrong with one', () => {
    const steps = [{ weight: 50 }, { weight: 10 }];
    expect(parseRollout({ ...rollout(), spec: { ...rollout().spec, steps } }, ROUTERS)).toMatchObject({
      problem: { reason: 'InvalidRollout', message: expect.stringContaining('ascend') },
    });
  });
});
