import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseSpec } from '../../src/api/release/release.ts';
import { releaseManifest } from './objects.ts';
import { releasePeople } from './release-people.ts';

const people = releasePeople(`shortcuts-${process.pid}`);
const { admin, editor, alice, bob, viewer, controller } = people;

let name = '';
let count = 0;

const merge = (spec: object) => ['patch', 'release', name, '--type=merge', '-p', JSON.stringify({ spec })];
const specOf = async () => (await admin.get('release', name))['spec'] as ReleaseSpec;

/** Moves the release, as the controller does; `kubectl patch` reads the status first, which the controller may not. */
const setStatus = (status: object) =>
  admin.ok([
    'patch',
    'release',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({
      status: { machineVersion: 1, phase: 'Stepping', step: 0, weight: 10, replicas: 1, ...status },
    }),
  ]);

/** Who may skip steps and promote in full, and whose name is recorded, by the policies or by the webhook. */
export function shortcutCases(): void {
  beforeAll(people.enter);
  afterAll(people.leave);

  beforeEach(async () => {
    name = `release-${++count}`;
    await controller.ok(['create', '-f', '-'], releaseManifest(name));
  });

  describe('skipped steps', () => {
    it.each<[string, object, object]>([
      ['without a word', { skips: [{ step: 0 }] }, { step: 0, by: 'alice' }],
      [
        'with a reason and a forged name',
        { skips: [{ step: 1, reason: 'measured by hand', by: 'the boss' }] },
        { step: 1, reason: 'measured by hand', by: 'alice' },
      ],
      ['by the short form', { skipStep: 1 }, { step: 1, by: 'alice' }],
      [
        'by both forms',
        { skipStep: 1, skips: [{ step: 1, reason: 'both' }] },
        { step: 1, reason: 'both', by: 'alice' },
      ],
    ])('carry the name of who skipped, %s', async (_how, spec, entry) => {
      await alice.ok(merge(spec));
      expect((await specOf()).skips).toEqual([entry]);
    });

    it('keep their author when another person skips the next one, by either form', async () => {
      await alice.ok(merge({ skips: [{ step: 0, reason: 'first' }] }));
      await bob.ok(merge({ skipStep: 1 }));
      await bob.ok(merge({ skipStep: 0 }));
      const value = { step: 2, by: 'alice' };
      await bob.ok([
        'patch',
        'release',
        name,
        '--type=json',
        '-p',
        JSON.stringify([{ op: 'add', path: '/spec/skips/-', value }]),
      ]);
      await editor.ok(merge({ paused: true }));
      expect((await specOf()).skips).toEqual([
        { step: 0, reason: 'first', by: 'alice' },
        { step: 1, by: 'bob' },
        { step: 2, by: 'bob' },
      ]);
    });

    it('cannot be undone, changed or reattributed', async () => {
      await alice.ok(merge({ skips: [{ step: 0, reason: 'first' }] }));
      for (const skips of [null, [], [{ step: 0, reason: 'second' }], [{ step: 0, by: 'bob' }]])
        expect(await bob.refused(merge({ skips }))).toContain('skips cannot be undone or changed');
    });

    it('take the right to approve', async () => {
      for (const spec of [{ skips: [{ step: 0 }] }, { skipStep: 0 }]) {
        expect(await editor.refused(merge(spec))).toContain(
          'edith may not skip steps of releases in namespace',
        );
        expect(await viewer.refused(merge(spec))).toContain('cannot patch');
      }
      expect(await specOf()).not.toHaveProperty('skips');
    });

    it('are existing steps that are not past', async () => {
      const none = 'skips[].step must be the index of a step';
      expect(await alice.refused(merge({ skips: [{ step: 3 }] }))).toContain(none);
      expect(await alice.refused(merge({ skipStep: 3 }))).toContain(none);
      await setStatus({ step: 1 });
      const behind = 'a step that lies behind the release cannot be skipped';
      expect(await alice.refused(merge({ skips: [{ step: 0 }] }))).toContain(behind);
      expect(await alice.refused(merge({ skipStep: 0 }))).toContain(behind);
      await alice.ok(merge({ skipStep: 1 }));
      await setStatus({ phase: 'Promoting', step: 2 });
      expect(await alice.refused(merge({ skipStep: 2 }))).toContain(behind);
      await alice.ok(['label', 'release', name, 'still=editable']);
    });
  });

  describe('full promotions', () => {
    it.each<[string, object]>([
      ['without a word', {}],
      ['with a reason', { reason: 'the old one crashes' }],
      ['with a forged name', { by: 'the boss', reason: 'because' }],
    ])('%s carry the name of who asked', async (_case, promote) => {
      await alice.ok(merge({ promote }));
      expect((await specOf()).promote).toEqual({ ...promote, by: 'alice' });
    });

    it('stay as they are when others ask again', async () => {
      await alice.ok(merge({ promote: { reason: 'first' } }));
      await bob.ok(merge({ promote: { by: 'bob' } }));
      expect((await specOf()).promote).toEqual({ by: 'alice', reason: 'first' });
      for (const promote of [null, { reason: 'second' }])
        expect(await bob.refused(merge({ promote }))).toContain('promote cannot be undone or changed');
    });

    it('take the right to approve', async () => {
      expect(await editor.refused(merge({ promote: {} }))).toContain(
        'edith may not promote releases in namespace',
      );
      expect(await viewer.refused(merge({ promote: {} }))).toContain('cannot patch');
    });

    it('come too late for a release that is being rolled back, as skips do; an abort never does', async () => {
      await alice.ok(merge({ promote: {} }));
      await editor.ok(merge({ abort: { reason: 'abort wins' } }));
      expect(await specOf()).toMatchObject({ promote: { by: 'alice' }, abort: { by: 'edith' } });
      name = `release-${++count}`;
      await controller.ok(['create', '-f', '-'], releaseManifest(name));
      await setStatus({ phase: 'Aborting', weight: 0 });
      for (const spec of [{ promote: {} }, { skips: [{ step: 1 }] }, { skipStep: 1 }])
        expect(await alice.refused(merge(spec))).toContain('the release is being rolled back');
      await setStatus({ phase: 'Aborted', weight: 0 });
      for (const spec of [{ promote: {} }, { skips: [{ step: 1 }] }, { skipStep: 1 }])
        expect(await alice.refused(merge(spec))).toContain('the release has ended as Aborted');
    });

    it('that come with a new Release are stamped too, and so are its skips', async () => {
      const manifest = releaseManifest(`${name}-copy`, {
        promote: { by: 'alice' },
        skips: [{ step: 0, by: 'alice' }],
      });
      await admin.ok(['create', '-f', '-'], manifest);
      const { promote, skips } = (await admin.get('release', `${name}-copy`))['spec'] as ReleaseSpec;
      expect([promote?.by, skips?.[0]?.by]).not.toContain('alice');
      expect(promote?.by).toBe(skips?.[0]?.by);
    });
  });
}
