import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseSpec } from '../../src/api/release/release.ts';
import { releaseManifest, rolloutManifest } from './objects.ts';
import { CONTROLLER, releasePeople } from './release-people.ts';

const people = releasePeople(`approvals-${process.pid}`);
const { admin, editor, alice, bob, viewer, controller } = people;

let name = '';
let count = 0;

const merge = (spec: object) => ['patch', 'release', name, '--type=merge', '-p', JSON.stringify({ spec })];
const approve = (approvals: object[]) => merge({ approvals });
const add = (approval: object) => [
  'patch',
  'release',
  name,
  '--type=json',
  '-p',
  JSON.stringify([{ op: 'add', path: '/spec/approvals/-', value: approval }]),
];
const specOf = async () => (await admin.get('release', name))['spec'] as ReleaseSpec;

/** A Rollout with annotations. */
const annotated = (annotations: object) =>
  JSON.stringify({
    ...JSON.parse(rolloutManifest(`in-git-${count}`)),
    metadata: { name: `in-git-${count}`, annotations },
  });

/** Who may approve and abort, and whose name is recorded, by the policies or by the webhook. */
export function releaseCases(): void {
  beforeAll(people.enter);
  afterAll(people.leave);

  beforeEach(async () => {
    name = `release-${++count}`;
    await controller.ok(['create', '-f', '-'], releaseManifest(name));
  });

  describe('a pause', () => {
    it('carries the name of who set it, whatever was sent, until it is resumed', async () => {
      await editor.ok(merge({ paused: true, pause: { reason: 'lunch', by: 'the boss' } }));
      expect((await specOf()).pause).toEqual({ reason: 'lunch', by: 'edith' });
      await alice.ok(merge({ pause: { reason: 'lunch', by: 'alice' } }));
      expect((await specOf()).pause).toEqual({ reason: 'lunch', by: 'edith' });
      await alice.ok(merge({ pause: { reason: 'supper' } }));
      expect((await specOf()).pause).toEqual({ reason: 'supper', by: 'alice' });
      await editor.ok(merge({ paused: false }));
      expect((await specOf()).pause).toBeUndefined();
    });

    it('without a reason has a name, too', async () => {
      await editor.ok(merge({ paused: true }));
      expect((await specOf()).pause).toEqual({ by: 'edith' });
    });
  });

  describe('approvals', () => {
    it('carry the name of who gave them, whatever was sent', async () => {
      await alice.ok(approve([{ gate: 'start', reason: 'looks good', by: 'the boss' }]));
      expect((await specOf()).approvals).toEqual([
        { gate: 'start', reason: 'looks good', by: 'alice', onBehalfOf: '' },
      ]);
    });

    it('keep their author when another person adds one', async () => {
      await alice.ok(approve([{ gate: 'start' }]));
      await bob.ok(add({ gate: 'promotion', by: 'alice' }));
      expect((await specOf()).approvals).toMatchObject([
        { gate: 'start', by: 'alice' },
        { gate: 'promotion', by: 'bob' },
      ]);
    });

    it('of the same gate can be given by two people, for a quorum', async () => {
      await alice.ok(approve([{ gate: 'start' }]));
      await bob.ok(add({ gate: 'start' }));
      expect((await specOf()).approvals).toMatchObject([{ by: 'alice' }, { by: 'bob' }]);
    });

    it('change nothing when the same person gives one again', async () => {
      await alice.ok(approve([{ gate: 'start', reason: 'first' }]));
      await alice.ok(add({ gate: 'start', reason: 'second' }));
      await alice.ok(add({ gate: '50' }));
      expect((await specOf()).approvals).toMatchObject([
        { gate: 'start', reason: 'first', by: 'alice' },
        { gate: '50', by: 'alice' },
      ]);
    });

    it('can be kept in Git: server-side apply again and again', async () => {
      const manifest = JSON.stringify({
        apiVersion: 'sluice.dev/v1alpha1',
        kind: 'Release',
        metadata: { name },
        spec: { approvals: [{ gate: 'start' }] },
      });
      const apply = ['apply', '--server-side', '--field-manager=gitops', '--force-conflicts', '-f', '-'];
      await alice.ok(apply, manifest);
      await alice.ok(apply, manifest);
      expect((await specOf()).approvals).toMatchObject([{ gate: 'start', by: 'alice' }]);
    });

    it('cannot be undone, changed or reattributed', async () => {
      await alice.ok(approve([{ gate: 'start', reason: 'looks good' }]));
      const changes = [
        approve([]),
        merge({ approvals: null }),
        approve([{ gate: 'start', by: 'alice', onBehalfOf: '', reason: 'did not look' }]),
        approve([{ gate: 'start', by: 'bob' }]),
      ];
      for (const change of changes) {
        expect(await bob.refused(change)).toContain('approvals that were given cannot be undone or changed');
      }
    });

    it.each<[string, typeof editor]>([
      ['who may only edit', editor],
      ['who may only look', viewer],
    ])('cannot be given by somebody %s', async (_who, somebody) => {
      expect(await somebody.refused(approve([{ gate: 'start' }]))).toMatch(/may not approve|cannot patch/);
      expect((await specOf()).approvals).toBeUndefined();
    });

    it('by the controller say for whom', async () => {
      await controller.ok(approve([{ gate: 'start', onBehalfOf: 'slack:U123 Ada' }]));
      await controller.ok(add({ gate: 'start', onBehalfOf: 'slack:U456 Grace', by: 'ada' }));
      expect((await specOf()).approvals).toMatchObject([
        { by: CONTROLLER, onBehalfOf: 'slack:U123 Ada' },
        { by: CONTROLLER, onBehalfOf: 'slack:U456 Grace' },
      ]);
    });

    it('by anybody else cannot be for somebody', async () => {
      expect(await alice.refused(approve([{ gate: 'start', onBehalfOf: 'slack:U123 Ada' }]))).toContain(
        'onBehalfOf, via and ticket are written by the controller only',
      );
    });

    it.each<[string, object]>([
      ['via', { gate: 'start', via: 'slack' }],
      ['ticket', { gate: 'start', ticket: 'abc' }],
    ])('by anybody else have no %s', async (_field, approval) => {
      expect(await alice.refused(approve([approval]))).toContain(
        'via and ticket are written by the controller',
      );
    });

    it.each<[string, object, boolean]>([
      ['her user', { users: ['alice'] }, true],
      ['a group of hers', { groups: ['system:authenticated'] }, true],
      ['somebody else', { users: ['bob'], groups: ['ml-leads'] }, false],
      ['people in Slack', { slackUsers: ['U0123456789'] }, false],
    ])('by alice, where the policy names %s', async (_who, from, isAllowed) => {
      const manifest = JSON.parse(releaseManifest(`${name}-named`));
      manifest.spec.policy.approval = { at: ['start'], from };
      name = `${name}-named`;
      await controller.ok(['create', '-f', '-'], JSON.stringify(manifest));
      if (isAllowed) {
        await alice.ok(approve([{ gate: 'start' }]));
        return;
      }
      const why = 'this release: its policy names';
      expect(await alice.refused(approve([{ gate: 'start' }]))).toContain(`alice may not approve ${why}`);
      expect(await alice.refused(merge({ skipStep: 0 }))).toContain(`alice may not skip steps of ${why}`);
      expect(await alice.refused(merge({ promote: {} }))).toContain(`alice may not promote ${why}`);
      await alice.ok(merge({ abort: { reason: 'abort needs nobody' } }));
    });

    it('come too late once the release has ended', async () => {
      await alice.ok(approve([{ gate: 'start' }]));
      const status = { machineVersion: 1, phase: 'Promoted', step: 0, weight: 0, replicas: 0 };
      const end = ['patch', 'release', name, '--subresource=status', '--type=merge', '-p'];
      await admin.ok([...end, JSON.stringify({ status })]);
      expect(await alice.refused(add({ gate: 'promotion' }))).toContain('the release has ended as Promoted');
    });

    it('name a gate', async () => {
      expect(await alice.refused(approve([{ gate: 'everything' }]))).toContain('must be a gate');
    });

    it('that come with a new Release are stamped too', async () => {
      const manifest = releaseManifest(`${name}-copy`, { approvals: [{ gate: 'start', by: 'alice' }] });
      expect(await editor.refused(['create', '-f', '-'], manifest)).toContain('cannot create');
      await admin.ok(['create', '-f', '-'], manifest);
      const { approvals } = (await admin.get('release', `${name}-copy`))['spec'] as ReleaseSpec;
      expect(approvals?.[0]?.by).not.toBe('alice');
    });
  });

  describe('aborts', () => {
    it.each<[string, object]>([
      ['without a word', {}],
      ['with a reason', { reason: 'wrong model' }],
      ['with a forged name', { by: 'the boss', reason: 'because' }],
    ])('%s carry the name of who asked', async (_case, abort) => {
      await editor.ok(merge({ abort }));
      expect((await specOf()).abort).toEqual({ ...abort, by: 'edith' });
    });

    it('stay as they are when others ask again', async () => {
      await editor.ok(merge({ abort: { reason: 'first' } }));
      await alice.ok(merge({ abort: { by: 'alice' } }));
      expect((await specOf()).abort).toEqual({ by: 'edith', reason: 'first' });
      expect(await alice.refused(merge({ abort: { reason: 'second' } }))).toContain('abort cannot be undone');
      expect(await alice.refused(merge({ abort: null }))).toContain('abort cannot be undone');
    });

    it('by the controller say for whom, and by nobody else', async () => {
      expect(await editor.refused(merge({ abort: { onBehalfOf: 'slack:U123' } }))).toContain(
        'by the controller only',
      );
      await controller.ok(merge({ abort: { onBehalfOf: 'slack:U123 Ada' } }));
      expect((await specOf()).abort).toEqual({ by: CONTROLLER, onBehalfOf: 'slack:U123 Ada' });
    });

    it('cannot be asked by somebody who may only look', async () => {
      expect(await viewer.refused(merge({ abort: {} }))).toContain('cannot patch');
    });
  });

  describe('other actions', () => {
    it('pausing is for all who may edit', async () => {
      await editor.ok(merge({ paused: true }));
      expect(await specOf()).toMatchObject({ paused: true });
    });

    it('writing the status is not for those who approve', async () => {
      const status = ['patch', 'release', name, '--subresource=status', '--type=merge', '-p'];
      const forged = JSON.stringify({
        status: { machineVersion: 1, phase: 'Promoted', step: 0, weight: 0, replicas: 0 },
      });
      expect(await alice.refused([...status, forged])).toContain('forbidden');
    });
  });

  it('a write of the status changes nothing else, of a Release or a Rollout', async () => {
    await admin.ok(['apply', '--server-side', '-f', '-'], annotated({ 'sluice.dev/gate': 'x' }));
    const change = {
      metadata: { annotations: { 'sluice.dev/approve': 'abc:start', 'sluice.dev/approved-by': 'alice' } },
      spec: { paused: true, approvals: [{ gate: 'start', by: 'alice' }] },
    };
    for (const [kind, one] of [
      ['releases.sluice.dev', name],
      ['rollouts.sluice.dev', `in-git-${count}`],
    ] as const) {
      const before = await admin.get(kind, one);
      const patch = ['patch', kind, one, '--subresource=status', '--type=merge', '-p'];
      await admin.ok([...patch, JSON.stringify(change)]);
      const after = await admin.get(kind, one);
      expect([after['spec'], after.metadata.annotations]).toEqual([
        before['spec'],
        before.metadata.annotations,
      ]);
    }
  });

  describe('approvals in Git', () => {
    const apply = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    const key = 'sluice.dev/approve';
    const by = async () =>
      (await admin.get('rollout', `in-git-${count}`)).metadata.annotations?.['sluice.dev/approved-by'];
    /** May edit and approve. */
    const erin = admin.with('--as', 'erin');

    beforeAll(() =>
      admin
        .ok(['create', 'rolebinding', 'erin', '--clusterrole=edit', '--user=erin'])
        .then(() =>
          admin.ok(['create', 'rolebinding', 'erin-approves', '--clusterrole=sluice-approve', '--user=erin']),
        ),
    );

    it('carry the name of who applies them, whatever was sent', async () => {
      await erin.ok(apply, annotated({ [key]: 'abc:start', 'sluice.dev/approved-by': 'the boss' }));
      expect(await by()).toBe('erin');
    });

    it('keep it while somebody else changes other things', async () => {
      await erin.ok(apply, annotated({ [key]: 'abc:start' }));
      await editor.ok(['annotate', 'rollout', `in-git-${count}`, 'team=search']);
      await editor.ok([
        'annotate',
        'rollout',
        `in-git-${count}`,
        'sluice.dev/approved-by=edith',
        '--overwrite',
      ]);
      expect(await by()).toBe('erin');
    });

    it('need the right to approve, and a revision and a gate', async () => {
      expect(await editor.refused(apply, annotated({ [key]: 'abc:start' }))).toContain(
        'edith may not approve releases in namespace',
      );
      expect(await erin.refused(apply, annotated({ [key]: 'everything' }))).toContain(
        'must name revision and gate',
      );
    });

    it('cannot be pretended without the annotation', async () => {
      await editor.ok(apply, annotated({ 'sluice.dev/approved-by': 'the boss' }));
      expect(await by()).toBeUndefined();
    });
  });
}
