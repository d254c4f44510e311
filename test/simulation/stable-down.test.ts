import { describe, expect, it } from 'vitest';
import { promote } from '../../src/acts/promote.ts';
import type { Release } from '../../src/api/release/release.ts';
import type { PatchOperation } from '../../src/api/values/json-patch.ts';
import { conditionOf, images, reach, started, watch } from './scene.ts';
import type { World } from './world.ts';

/** The pods of v1 never get ready, and have no series. */
async function broken(): ReturnType<typeof started> {
  const { world, witness } = await started();
  for (const pod of world.pods.all)
    [pod.brokenSince, pod.brokenUntil] = [world.now, Number.POSITIVE_INFINITY];
  world.pods.waiting = 'CrashLoopBackOff';
  witness.excuse(1e9);
  world.metrics.mode = 'noData';
  world.push('v2');
  return { world, witness };
}

/** `sluice promote --full`, as the command line patches it. */
function promoteInFull(world: World): void {
  const act = promote(world.release() as Release, { reason: 'stable is broken' }, world.now);
  if (!('patch' in act)) throw new Error(JSON.stringify(act));
  world.asSomebody(() =>
    world.editRelease((spec) => {
      for (const { path, value } of act.patch as (PatchOperation & { value?: unknown })[])
        if (path.startsWith('/spec/')) spec[path.slice('/spec/'.length)] = value;
    }),
  );
}

describe('stable that serves nothing', () => {
  it('is named as the cause, and not Prometheus, with what ails it and the way out', async () => {
    const { world } = await broken();
    await world.run(20);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'NothingToCompare' });
    const { message = '' } = conditionOf(world.deployment, 'SluiceReady') ?? {};
    expect(message).toContain('0 of 3 pods of ReplicaSet model-');
    expect(message).toContain('CrashLoopBackOff');
    expect(message).toContain('kubectl patch releases.sluice.dev model-');
  });

  it('is replaced where a person promotes in full', async () => {
    const { world, witness } = await broken();
    await world.run(20);
    promoteInFull(world);
    await reach(world, witness, 'Promoted');
    await watch(world, witness, 5);
    witness.end();
    expect(images(world)).toEqual(['v2', 'v2', 'v2']);
    expect(witness.violations).toEqual([]);
  });

  const SHADOW = {
    requests: [{ method: 'POST', path: '/predict', body: '{}' }],
    fields: [{ path: 'class' }],
    agreement: '95%',
    rate: 100,
    at: 'start',
  };

  it('does not hold up a comparison of answers that a person has left out', async () => {
    const { world, witness } = await broken();
    world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
      const spec = draft['spec'] as { metrics: object[] };
      spec.metrics = [...spec.metrics, { name: 'answers', shadow: SHADOW }];
    });
    world.push('v3');
    await world.run(20);
    world.answer = (image) => (image === 'v1' ? 'connection refused' : { status: 200, body: '{}', ms: 1 });
    promoteInFull(world);
    await reach(world, witness, 'Promoted');
    expect(images(world)).toEqual(['v3', 'v3', 'v3']);
  });

  it('in mid-release is said beside what the metrics lack', async () => {
    const { world, witness } = await started();
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    for (const pod of world.pods.all.filter(({ image }) => image === 'v1'))
      [pod.brokenSince, pod.brokenUntil] = [world.now, Number.POSITIVE_INFINITY];
    world.metrics.mode = 'noData';
    await world.run(10);
    expect(world.status()).toMatchObject({ phase: 'Stepping', reason: 'NothingToCompare' });
  });
});

describe('metrics that do not answer', () => {
  it('stand in nobody’s way who promotes in full', async () => {
    const { world, witness } = await started();
    world.metrics.mode = 'error';
    world.push('v2');
    await world.run(20);
    expect(world.status()).toMatchObject({ phase: 'Pending', reason: 'MetricsUnreachable' });
    promoteInFull(world);
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });
});
