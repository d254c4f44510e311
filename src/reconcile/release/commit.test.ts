import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import { deployment, release, seen, statusOf } from '../../../test/fixtures/release.ts';
import { templateOf } from '../../../test/simulation/fixtures.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { istioRouter } from '../../traffic/istio/istio.ts';
import type { Router } from '../../traffic/router.ts';
import { createRouters } from '../../traffic/routers.ts';
import { revisionOf } from '../../workload/revision.ts';
import { dropAnnotations, resumeOperations, setAnnotation } from '../write/hold.ts';
import { commitDesired } from './commit.ts';
import { deploymentOperations } from './commit-deployment.ts';
import { createContests } from './contests.ts';
import { createTries } from './tries.ts';

const v = (image: string): string => revisionOf(templateOf(image));
const on = (image: string, over: object = {}) =>
  deployment({ revision: v(image), template: templateOf(image), ...over });
const world = (image: string, over: object = {}) =>
  seen({
    deployment: on(image, over),
    release: release(undefined, { revision: v('v2') }),
    stableRevision: v('v1'),
  });

function paths(image: string, goal: Parameters<typeof deploymentOperations>[2], over: object = {}): string[] {
  const here = world(image, over);
  return here.deployment === null
    ? []
    : deploymentOperations(here, here.deployment, goal).map(({ op, path }) => `${op} ${path}`);
}

const RESUME = ['remove /metadata/annotations/sluice.dev~1hold', 'replace /spec/paused'];
const WRITE = 'replace /spec/template';
const HOLD = ['add /spec/paused', 'add /metadata/annotations/sluice.dev~1hold'];
const free = { paused: false, held: false };

describe('deploymentOperations', () => {
  it.each<[string, string, Parameters<typeof deploymentOperations>[2], object, string[]]>([
    ['leaves it', 'v2', { kind: 'leave' }, {}, []],
    ['resumes what may be rolled out', 'v2', { kind: 'resumed', on: 'canary' }, {}, RESUME],
    ['resumes nothing else', 'v3', { kind: 'resumed', on: 'canary' }, {}, []],
    ['resumes stable', 'v1', { kind: 'resumed', on: 'stable' }, {}, RESUME],
    ['does not resume a push over stable', 'v2', { kind: 'resumed', on: 'stable' }, {}, []],
    ['does not resume what its owner paused', 'v2', { kind: 'resumed', on: 'canary' }, { held: false }, []],
    ['has nothing to resume', 'v2', { kind: 'resumed', on: 'canary' }, free, []],
    [
      'writes back over the canary',
      'v2',
      { kind: 'template', template: templateOf('v1'), replaces: 'canary', paused: false },
      {},
      [WRITE, ...RESUME],
    ],
    [
      'does not write over a newer one',
      'v3',
      { kind: 'template', template: templateOf('v1'), replaces: 'canary', paused: false },
      {},
      [],
    ],
    [
      'writes over anything',
      'v3',
      { kind: 'template', template: templateOf('v1'), replaces: 'any', paused: false },
      {},
      [WRITE, ...RESUME],
    ],
    [
      'resumes what is written already',
      'v1',
      { kind: 'template', template: templateOf('v1'), replaces: 'canary', paused: false },
      {},
      RESUME,
    ],
    [
      'has nothing left to do',
      'v1',
      { kind: 'template', template: templateOf('v1'), replaces: 'canary', paused: false },
      free,
      [],
    ],
    [
      'puts a newer one back, held',
      'v2',
      { kind: 'template', template: templateOf('v3'), replaces: 'canary', paused: true },
      free,
      [WRITE, ...HOLD],
    ],
    [
      'has put it back',
      'v3',
      { kind: 'template', template: templateOf('v3'), replaces: 'canary', paused: true },
      {},
      [],
    ],
  ])('%s', (_what, image, goal, over, operations) => {
    expect(paths(image, goal, over)).toEqual(operations);
  });
});

const annotated = (annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', ...(annotations === undefined ? {} : { annotations }) },
});

describe('annotations', () => {
  it('are set where there are none yet, and beside others', () => {
    expect(setAnnotation(annotated(), 'a/b', 'c')).toEqual([
      { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'c' } },
    ]);
    expect(setAnnotation(annotated({ d: 'e' }), 'a/b', 'c')).toEqual([
      { op: 'add', path: '/metadata/annotations/a~1b', value: 'c' },
    ]);
  });

  it('are dropped only where they are', () => {
    expect(dropAnnotations(annotated({ 'a~b': '1' }), 'a~b', 'c')).toEqual([
      { op: 'remove', path: '/metadata/annotations/a~0b' },
    ]);
    expect(resumeOperations(on('v1', free)).map(({ path }) => path)).toEqual([
      '/metadata/annotations/sluice.dev~1hold',
    ]);
  });
});

/** A router that always patches one object. */
function stubborn(target: KubeObject): Router {
  return {
    ...istioRouter,
    own: () => [],
    isBypassed: () => false,
    warnings: () => [],
    leftovers: () => ({ writes: [], problem: null }),
    preflight: () => ({ problem: { reason: 'RouteNotFound', message: 'm' } }),
    compare: () => ({ kind: 'differs', part: 'routes', what: 'weights' }),
    writes: () => [{ op: 'patch', target, patch: [{ op: 'add', path: '/spec', value: { written: true } }] }],
  };
}

async function correct(overtaken: boolean): Promise<{ error: unknown; written: boolean }> {
  const cluster = createMemoryCluster({ now: () => 0 });
  const status: ReleaseStatus = statusOf({ phase: 'Stepping', stage: 'Analysing', weight: 10 });
  const stored = cluster.create({ ...release(), status }) as Release;
  const route = cluster.create({
    apiVersion: 'v1',
    kind: 'VirtualService',
    metadata: { name: 'model', namespace: 'shop' },
    spec: {},
  });
  if (overtaken)
    cluster.update(
      'Release',
      'shop',
      stored.metadata.name,
      (draft) => void (draft['status'] = { ...status, phase: 'Aborting', stage: 'Draining' }),
      'status',
    );
  const error: unknown = await commitDesired(
    {
      store: cluster.store,
      writer: cluster.writer,
      routers: createRouters([stubborn(route)]),
      settings: { rootNamespace: 'istio-system', istiodDebounceMax: 0 },
      tries: createTries(),
      contests: createContests(),
    },
    seen({ release: stored, deployment: null, canary: null }),
    { status, written: false },
  ).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const written = JSON.stringify(cluster.get('VirtualService', 'shop', 'model')?.['spec']).includes(
    'written',
  );
  return { error, written };
}

describe('a pass that has not written the status itself', () => {
  it('puts drift right', async () => {
    expect(await correct(false)).toEqual({ error: null, written: true });
  });

  it('writes nothing where another process has decided in the meantime', async () => {
    expect(await correct(true)).toMatchObject({ error: { code: 'KUBERNETES_CONFLICT' }, written: false });
  });
});
