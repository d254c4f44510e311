import { describe, expect, it } from 'vitest';
import { ACCEPTED } from './accepted.ts';
import { brokenBy, lostByOlder } from './contract-changes.ts';
import { type Contract, presentContract, releasedContract } from './released.ts';

const released = releasedContract();
const accepted = ACCEPTED.map(({ change }) => change);
const unlisted = (changes: readonly string[]): string[] => changes.filter((one) => !accepted.includes(one));

describe('the CRDs', () => {
  it('take and keep every object that those of the last release took, but for changes that are listed', () => {
    expect(unlisted(brokenBy(released, presentContract()))).toEqual([]);
  });

  it('have nothing new in the status of a Release unless the machine version has been raised, too', () => {
    expect(unlisted(lostByOlder(released, presentContract()))).toEqual([]);
  });

  it('have every change that is listed', () => {
    const changes = [...brokenBy(released, presentContract()), ...lostByOlder(released, presentContract())];
    expect(accepted.filter((change) => !changes.includes(change))).toEqual([]);
  });
});

const contract = (machineVersion: number, ...fields: readonly string[]): Contract => {
  const properties = Object.fromEntries(fields.map((name) => [name, { type: 'string' }]));
  const status = { type: 'object', properties };
  const schema = { type: 'object', properties: { status } };
  return {
    machineVersion,
    crds: { 'releases.sluice.dev': { kind: 'Release', scope: 'Namespaced', versions: { v1: schema } } },
  };
};

describe('what an older controller loses', () => {
  it.each<[string, Contract, string[]]>([
    ['a new field', contract(3, 'a', 'b'), ['releases status.b: is new']],
    ['nothing, where it leaves the status alone', contract(4, 'a', 'b'), []],
    ['nothing of what goes', contract(3), []],
  ])('is %s', (_what, after, expected) => {
    expect(lostByOlder(contract(3, 'a'), after)).toEqual(expected);
  });
});

describe('what breaks objects', () => {
  const one = contract(3, 'a');
  const crd = one.crds['releases.sluice.dev'];
  it.each<[string, Contract['crds'], string[]]>([
    ['a kind that goes', {}, ['releases: is gone']],
    [
      'a version that goes',
      { 'releases.sluice.dev': { ...crd!, versions: {} } },
      ['releases: version v1 is gone'],
    ],
    [
      'another scope',
      { 'releases.sluice.dev': { ...crd!, scope: 'Cluster' } },
      ['releases: scope is Cluster and was Namespaced'],
    ],
    ['a field that goes', contract(3).crds, ['releases status.a: is gone']],
    ['not a further kind', { ...one.crds, 'others.sluice.dev': crd! }, []],
  ])('is %s', (_what, crds, expected) => {
    expect(brokenBy(one, { machineVersion: 3, crds })).toEqual(expected);
  });
});
