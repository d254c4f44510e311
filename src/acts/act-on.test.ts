import { describe, expect, it } from 'vitest';
import { NOW, release, stepping } from '../../test/fixtures/cli.ts';
import type { Release } from '../api/release/release.ts';
import { SluiceError } from '../errors.ts';
import { abort } from './abort.ts';
import { actOn, type ReleaseAccess } from './act-on.ts';
import { skip } from './skip.ts';

const conflict = () => new SluiceError('KUBERNETES_CONFLICT', 'changed', { retry: 'backoff' });
const after = (spec: Partial<Release['spec']>): Release => ({
  ...release(stepping()),
  spec: { ...release().spec, ...spec },
});

const at = (resourceVersion: string): Release => {
  const one = release(stepping());
  return { ...one, metadata: { ...one.metadata, resourceVersion } };
};

/** A Release that has changed at every patch until `wins`; each read gives the next of `states`. */
function accessTo(states: readonly Release[], wins: number): ReleaseAccess & { readonly sent: object[][] } {
  const sent: object[][] = [];
  let reads = 0;
  return {
    sent,
    read: async () => states[Math.min(reads++, states.length - 1)] as Release,
    patch: async (one, operations) => {
      sent.push([...operations]);
      if (sent.length < wins) throw conflict();
      return { ...one, spec: { ...one.spec, abort: { by: 'bob' } } };
    },
  };
}

describe('an act on a release', () => {
  it('is guarded by the very Release that was read, as it was read', async () => {
    const access = accessTo([at('7')], 1);
    await actOn(access, (one) => abort(one, 'slow', NOW));
    expect(access.sent).toEqual([
      [
        { op: 'test', path: '/metadata/uid', value: 'uid-ranker-s222222222' },
        { op: 'test', path: '/metadata/resourceVersion', value: '7' },
        { op: 'add', path: '/spec/abort', value: { reason: 'slow' } },
      ],
    ]);
  });

  it('of the second of two people who act at once says who was first', async () => {
    const access = accessTo([release(stepping()), after({ abort: { by: 'ann', reason: 'slow' } })], 2);
    const said = await actOn(access, (one) => abort(one, 'mine', NOW));
    expect(said).toBe('Release ranker-s222222222 is being rolled back already, by ann: slow');
    expect(access.sent).toHaveLength(1);
  });

  it('is decided again for what the release is by then', async () => {
    const promoting = release({ ...stepping(), phase: 'Promoting' });
    const access = accessTo([release(stepping()), promoting], 2);
    await expect(actOn(access, (one) => skip(one, {}, NOW))).rejects.toThrow('is in no step');
  });

  it('does not lose an abort to a release that changes all the time', async () => {
    const access = accessTo(['1', '2', '3', '4', '5'].map(at), 5);
    await expect(actOn(access, (one) => abort(one, 'slow', NOW))).resolves.toContain('is being rolled back');
    expect(access.sent.at(-1)).toHaveLength(2);
  });

  it('fails when the release is another one each time', async () => {
    const access = accessTo([release(stepping())], Number.POSITIVE_INFINITY);
    await expect(actOn(access, (one) => abort(one, 'slow', NOW))).rejects.toThrow('changed');
    expect(access.sent).toHaveLength(5);
  });
});
