import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { GATE, HOLD } from '../../src/api/annotations/annotations.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { type Client, createClient } from './kubectl.ts';

const NAMESPACE = `admission-${process.pid}`;
const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';

const root = createClient({ kubectl: inject('kubectl'), kubeconfig: inject('kubeconfig') });
const admin = root.with('-n', NAMESPACE);
const alice = admin.with('--as', 'alice');
const controller = admin.with('--as', CONTROLLER);

interface DeploymentShape {
  image?: string;
  annotations?: Record<string, string>;
  paused?: boolean;
}

/** Stands for the Deployment of the test in arguments and manifests: each test has one of its own. */
const NAME = 'NAME';
let name = '';
let count = 0;

const named = (text: string): string => text.replaceAll(NAME, name);

/** Runs a command about the Deployment of the test. */
async function act(client: Client, args: readonly string[], input?: string): Promise<void> {
  await client.ok(args.map(named), input === undefined ? undefined : named(input));
}

/** The manifest as it is in Git: it knows nothing of the gate. */
function manifest({ image = 'server:v1', annotations, paused }: DeploymentShape = {}): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, ...(annotations && { annotations }) },
    spec: {
      replicas: 0,
      ...(paused === undefined ? {} : { paused }),
      selector: { matchLabels: { app: 'ranker' } },
      template: {
        metadata: { labels: { app: 'ranker' } },
        spec: { containers: [{ name: 'server', image }] },
      },
    },
  });
}

/** The checked fields: image, pause, and the two annotations of the gate. */
function stateOf(object: KubeObject) {
  const spec = object['spec'] as {
    paused?: boolean;
    template: { spec: { containers: { image: string }[] } };
  };
  return {
    image: spec.template.spec.containers[0]?.image,
    paused: spec.paused ?? false,
    gate: object.metadata.annotations?.[GATE],
    hold: object.metadata.annotations?.[HOLD],
  };
}

const state = async () => stateOf(await admin.get('deployment', name));
const annotate = (...pairs: string[]) => ['annotate', '--overwrite', 'deployment/NAME', ...pairs];
const setImage = (image: string) => ['set', 'image', 'deployment/NAME', `server=${image}`];
const merge = (patch: object) => ['patch', 'deployment/NAME', '--type=merge', '-p', JSON.stringify(patch)];

/** A patch of a part of the Deployment of the test. */
const through = (subresource: string, patch: object) => [
  'patch',
  'deployment',
  name,
  `--subresource=${subresource}`,
  '--type=merge',
  '-p',
  JSON.stringify(patch),
];
const annotationsOf = async () => (await admin.get('deployment', name)).metadata.annotations;

const FREE = { paused: false, gate: 'ranker', hold: undefined };
const HELD = { paused: true, gate: 'ranker', hold: 'newer-template' };

/** Puts a fresh Deployment under the gate, as the controller does. */
async function gated(shape: DeploymentShape = {}): Promise<void> {
  name = `ranker-${++count}`;
  await act(alice, ['apply', '-f', '-'], manifest(shape));
  await act(controller, annotate(`${GATE}=ranker`));
}

/** How a Deployment is held, by the admission policies or by the webhook in their place. */
export function holdCases(): void {
  beforeAll(async () => {
    await root.ok(['create', 'namespace', NAMESPACE]);
    await admin.ok(['create', 'rolebinding', 'alice', '--clusterrole=edit', '--user=alice']);
  });

  afterAll(async () => {
    await root.run(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  describe('a gated Deployment', () => {
    beforeEach(() => gated());

    it.each<[string, string[], string?]>([
      ['set image', setImage('server:v2')],
      ['apply', ['apply', '-f', '-'], manifest({ image: 'server:v2' })],
      [
        'server-side apply',
        ['apply', '--server-side', '--field-manager=gitops', '--force-conflicts', '-f', '-'],
        manifest({ image: 'server:v2' }),
      ],
      [
        'a whole replacement that knows nothing of the gate',
        ['replace', '-f', '-'],
        manifest({ image: 'server:v2' }),
      ],
      ['a merge patch', merge({ spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } })],
      ['rollout restart', ['rollout', 'restart', 'deployment/NAME']],
      ['set env', ['set', 'env', 'deployment/NAME', 'A=b']],
      [
        'a change that takes the gate off in the same write',
        merge({
          metadata: { annotations: { [GATE]: null } },
          spec: { template: { metadata: { labels: { a: 'b' } } } },
        }),
      ],
      [
        'a change that says paused: false',
        merge({ spec: { paused: false, template: { metadata: { labels: { a: 'b' } } } } }),
      ],
    ])('is held by %s', async (_how, args, input) => {
      await act(alice, args, input);
      expect(await state()).toMatchObject(HELD);
    });

    it.each<[string, string[], string?]>([
      ['scaling', ['scale', 'deployment/NAME', '--replicas=2']],
      ['a change beside the template', merge({ spec: { minReadySeconds: 7 } })],
      ['labels of its own', ['label', 'deployment/NAME', 'team=search']],
      ['the same manifest again', ['apply', '-f', '-'], manifest()],
      ['a whole replacement by the same template', ['replace', '-f', '-'], manifest()],
      [
        'a status write',
        [
          'patch',
          'deployment/NAME',
          '--subresource=status',
          '--type=merge',
          '-p',
          '{"status":{"observedGeneration":1}}',
        ],
      ],
    ])('is not held by %s, and keeps its gate', async (_how, args, input) => {
      await act(admin, args, input);
      expect(await state()).toMatchObject(FREE);
    });

    it.each([
      ['changed', `${GATE}=other`],
      ['taken off', `${GATE}-`],
      ['joined by a forged hold', `${HOLD}=me`],
    ])('has a gate that cannot be %s by hand', async (_what, change) => {
      await act(alice, annotate(change));
      expect(await state()).toMatchObject(FREE);
    });

    it('is released by its controller', async () => {
      await act(controller, setImage('server:v2'));
      expect(await state()).toMatchObject({ ...FREE, image: 'server:v2' });
    });

    it('is not held once it is opted out, even in the same write', async () => {
      await act(
        alice,
        merge({
          metadata: { annotations: { 'sluice.dev/rollout': 'off' } },
          spec: { template: { metadata: { labels: { a: 'b' } } } },
        }),
      );
      expect(await state()).toMatchObject({ paused: false, hold: undefined });
    });

    it('is held again when it comes back', async () => {
      await act(alice, annotate('sluice.dev/rollout=off'));
      await act(alice, annotate('sluice.dev/rollout-'));
      await act(alice, setImage('server:v2'));
      expect(await state()).toMatchObject(HELD);
    });
  });

  describe('a subresource of a gated Deployment', () => {
    const approve = { 'sluice.dev/approve': 'abc:start', 'sluice.dev/approved-by': 'alice' };
    beforeEach(() => gated());

    it.each<[string, object]>([
      ['takes the gate off', { [GATE]: null }],
      ['forges a hold', { [HOLD]: 'newer-template' }],
      ['lifts the gate', { 'sluice.dev/rollout': 'off' }],
      ['approves in the name of somebody else', approve],
      ['does all of it at once', { [GATE]: null, ...approve }],
    ])('refuses a write of the status that %s', async (_what, annotations) => {
      const before = await annotationsOf();
      const refused = await admin.refused(through('status', { metadata: { annotations } }));
      expect(refused).toContain('cannot be changed through the status of a Deployment');
      expect(await annotationsOf()).toEqual(before);
    });

    it('takes annotations of others, and nothing but the replicas through scale', async () => {
      await admin.ok(through('status', { metadata: { annotations: { 'example.com/a': 'b' } } }));
      expect(await annotationsOf()).toMatchObject({ 'example.com/a': 'b' });
      const before = await annotationsOf();
      await admin.ok(
        through('scale', { metadata: { annotations: { [GATE]: null, ...approve } }, spec: { replicas: 1 } }),
      );
      expect(await annotationsOf()).toEqual(before);
      expect(await state()).toMatchObject(FREE);
    });
  });

  describe('a held Deployment', () => {
    beforeEach(async () => {
      await gated();
      await act(alice, setImage('server:v2'));
    });

    it.each<[string, string[], string?]>([
      ['rollout resume', ['rollout', 'resume', 'deployment/NAME']],
      ['a merge patch', merge({ spec: { paused: false } })],
      ['a removal of the field', merge({ spec: { paused: null } })],
      [
        'server-side apply with paused: false by force',
        ['apply', '--server-side', '--force-conflicts', '-f', '-'],
        manifest({ image: 'server:v2', paused: false }),
      ],
      ['apply of the manifest again', ['apply', '-f', '-'], manifest({ image: 'server:v2' })],
      [
        'apply of a manifest that says paused: false',
        ['apply', '-f', '-'],
        manifest({ image: 'server:v2', paused: false }),
      ],
      ['a whole replacement', ['replace', '-f', '-'], manifest({ image: 'server:v2' })],
      [
        'a whole replacement that pauses',
        ['replace', '-f', '-'],
        manifest({ image: 'server:v2', paused: true }),
      ],
      ['taking the annotations off', annotate(`${GATE}-`, `${HOLD}-`)],
      ['taking all annotations off', merge({ metadata: { annotations: null } })],
      ['scaling', ['scale', 'deployment/NAME', '--replicas=2']],
      ['taking back the opt-in', annotate('sluice.dev/rollout-')],
      ['an annotation that is not valid', annotate('sluice.dev/rollout=maybe')],
    ])('stays held through %s', async (_how, args, input) => {
      await act(alice, args, input);
      expect(await state()).toMatchObject({ ...HELD, image: 'server:v2' });
    });

    it('stays held through a newer template', async () => {
      await act(alice, setImage('server:v3'));
      expect(await state()).toMatchObject({ ...HELD, image: 'server:v3' });
    });

    it('belongs to nobody who applies: no field manager owns the pause, and applying again keeps it', async () => {
      const apply = ['apply', '--server-side', '--field-manager=gitops', '--force-conflicts', '-f', '-'];
      for (const image of ['server:v3', 'server:v3', 'server:v4'])
        await act(alice, apply, manifest({ image }));
      expect(await state()).toMatchObject({ ...HELD, image: 'server:v4' });
      const fields = await admin.ok(['get', 'deployment', name, '--show-managed-fields', '-o', 'json']);
      expect(fields).not.toContain('"f:paused"');
    });

    it('stays held through the old template, for the controller to resume', async () => {
      await act(alice, ['apply', '-f', '-'], manifest());
      expect(await state()).toMatchObject({ ...HELD, image: 'server:v1' });
      await act(controller, merge({ spec: { paused: false }, metadata: { annotations: { [HOLD]: null } } }));
      expect(await state()).toMatchObject({ ...FREE, image: 'server:v1' });
    });

    it('is anybody’s to resume once it is opted out', async () => {
      await act(alice, annotate('sluice.dev/rollout=off'));
      expect(await state()).toMatchObject(HELD);
      await act(alice, ['rollout', 'resume', 'deployment/NAME']);
      expect(await state()).toMatchObject({ paused: false });
    });

    it('is anybody’s to resume once the controller has removed the gate', async () => {
      await act(controller, annotate(`${GATE}-`, `${HOLD}-`));
      expect(await state()).toMatchObject({ paused: true, gate: undefined, hold: undefined });
      await act(alice, ['rollout', 'resume', 'deployment/NAME']);
      expect(await state()).toMatchObject({ paused: false, gate: undefined, hold: undefined });
    });
  });

  describe('a Deployment that its owner paused', () => {
    beforeEach(async () => {
      await gated();
      await act(alice, ['rollout', 'pause', 'deployment/NAME']);
    });

    it('is not marked as held', async () => {
      expect(await state()).toMatchObject({ ...FREE, paused: true });
    });

    it('stays its owner’s through a change of the template', async () => {
      await act(alice, setImage('server:v2'));
      expect(await state()).toMatchObject({ ...FREE, paused: true, image: 'server:v2' });
    });

    it.each<[string, string[]]>([
      ['resumed', ['rollout', 'resume', 'deployment/NAME']],
      ['resumed with its field taken away', merge({ spec: { paused: null } })],
    ])(
      'is the gate’s from when it is %s, since the template may have changed meanwhile',
      async (_how, args) => {
        await act(alice, args);
        expect(await state()).toMatchObject({ paused: true, hold: 'resumed' });
      },
    );

    it('is held where template and resume come in one write', async () => {
      await act(alice, merge({ spec: { paused: false, template: { metadata: { labels: { a: 'b' } } } } }));
      expect(await state()).toMatchObject(HELD);
    });
  });

  describe('a Deployment that is not gated', () => {
    beforeEach(() => {
      name = `ranker-${++count}`;
    });

    it.each<[string, Record<string, string>]>([
      ['opted in', { 'sluice.dev/rollout': 'true' }],
      [
        'opted in by an annotation that is not valid',
        { 'sluice.dev/rollout': 'true', 'sluice.dev/steps': 'x' },
      ],
      ['a copy with the annotations of the gate', { [GATE]: 'ranker', [HOLD]: 'newer-template' }],
      ['an opted-out copy', { [GATE]: 'ranker', 'sluice.dev/rollout': 'off' }],
    ])('is not held: %s', async (_case, annotations) => {
      await act(alice, ['apply', '-f', '-'], manifest({ annotations }));
      expect(await state()).toMatchObject({ paused: false, gate: undefined, hold: undefined });
      await act(alice, setImage('server:v2'));
      expect(await state()).toMatchObject({ paused: false, image: 'server:v2' });
    });

    it('keeps its owner’s pause at creation and can be resumed', async () => {
      await act(alice, ['apply', '-f', '-'], manifest({ paused: true }));
      await act(alice, ['rollout', 'resume', 'deployment/NAME']);
      expect(await state()).toMatchObject({ paused: false, hold: undefined });
    });
  });
}
