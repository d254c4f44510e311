import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelValue, podBase, releaseName, replicaSetName } from './derived-names.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const ALNUM = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');

/** Every name that Kubernetes takes for a Deployment, with many dots and dashes, mostly at the lengths that matter. */
const name = fc
  .record({
    length: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 225, max: 253 })),
    seed: fc.array(fc.constantFrom(...ALNUM, '-', '-', '-', '.', '.'), { minLength: 253, maxLength: 253 }),
  })
  .map(({ length, seed }) =>
    seed
      .join('')
      .slice(0, length)
      .replaceAll(/\.+/g, '.')
      .replaceAll(/-*\.-*/g, '.')
      .replaceAll(/\.{2,}/g, '.')
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
      .padEnd(length, 'a'),
  )
  .filter((one) => NAME.test(one));
const suffix = fc.constantFrom('sbcdfghjkl', 'sbcdfghjklx2', 'sbcdfghjklx99', 'szzzzzzzzz');

const property = (check: (name: string, suffix: string) => void): void =>
  fc.assert(fc.property(name, suffix, check), { numRuns: 2_000 });

describe('every legal name of a Deployment or a Rollout', () => {
  it('gives a Release and a ReplicaSet with a legal name that ends in the revision', () => {
    property((one, revision) => {
      for (const made of [releaseName(one, revision), replicaSetName(one, revision)]) {
        expect(made).toMatch(NAME);
        expect(made.length).toBeLessThanOrEqual(253);
        expect(made.endsWith(`-${revision}`)).toBe(true);
      }
    });
  });

  it('gives legal labels, for its Releases too', () => {
    property((one, revision) => {
      for (const value of [labelValue(one), labelValue(releaseName(one, revision))]) {
        expect(value).toMatch(VALUE);
        expect(value.length).toBeLessThanOrEqual(63);
      }
    });
  });

  it('keeps the whole name of the canary ReplicaSet in the names of its pods', () => {
    property((one, revision) => {
      const made = replicaSetName(one, revision);
      expect(podBase(made)).toBe(`${made}-`);
    });
  });

  it('keeps canary and stable apart by the names of their pods', () => {
    property((one, revision) => {
      const [canary, retry] = [replicaSetName(one, revision), replicaSetName(one, `${revision}x3`)];
      // As the Deployment controller names the ReplicaSet of the first version.
      const stable = `${one.slice(0, 242)}-5d59d67564`;
      expect(new Set([podBase(canary), podBase(retry), podBase(stable)]).size).toBe(3);
    });
  });

  it('gives other labels and Releases than another name', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(labelValue(one)).not.toBe(labelValue(other));
        expect(releaseName(one, 'sb')).not.toBe(releaseName(other, 'sb'));
      }),
    );
  });
});

describe('names that differ only at the end', () => {
  const [one, other] = [`${'a'.repeat(250)}-b`, `${'a'.repeat(250)}-c`];

  it('have labels and Releases of their own', () => {
    expect(labelValue(one)).not.toBe(labelValue(other));
    expect(releaseName(one, 'sb')).not.toBe(releaseName(other, 'sb'));
  });
});

it('leaves names alone that are short enough', () => {
  expect(labelValue('a'.repeat(63))).toBe('a'.repeat(63));
  expect(releaseName('ranker', 'sbcdfghjkl')).toBe('ranker-sbcdfghjkl');
  expect(replicaSetName('a'.repeat(46), 'sbcdfghjkl')).toBe(`${'a'.repeat(46)}-sbcdfghjkl`);
});
