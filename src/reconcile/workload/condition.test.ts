import { describe, expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import { deploymentOf, NAME, NAMESPACE, OPTIONS } from '../../../test/simulation/fixtures.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { type Source, showOnWorkload, workloadCondition } from './condition.ts';

const annotation = { reason: 'InvalidAnnotation', message: 'a' } as const;
const problem = { reason: 'RecreateStrategy', message: 'b' } as const;

async function show(...steps: readonly [Source, Problem | null][]) {
  const cluster = createMemoryCluster({ now: () => 0 });
  cluster.create(deploymentOf(OPTIONS));
  for (const [source, shown] of steps) {
    const deployment = cluster.get('Deployment', NAMESPACE, NAME);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (deployment !== null) await showOnWorkload(cluster.writer, deployment, source, shown, 0);
  }
  const after = cluster.get('Deployment', NAMESPACE, NAME);
  return { reason: after === null ? null : workloadCondition(after)?.reason, writes: cluster.writes.length };
}

describe('showOnWorkload', () => {
  it.each<[string, readonly [Source, Problem | null][], string | undefined, number]>([
    ['nothing', [['rollout', null]], undefined, 0],
    ['a problem', [['rollout', problem]], 'RecreateStrategy', 1],
    [
      'the same problem once',
      [
        ['rollout', problem],
        ['rollout', problem],
      ],
      'RecreateStrategy',
      1,
    ],
    [
      'a problem that is fixed',
      [
        ['rollout', problem],
        ['rollout', null],
      ],
      undefined,
      2,
    ],
    [
      'a problem that is not one of the annotations',
      [
        ['rollout', problem],
        ['annotations', null],
      ],
      'RecreateStrategy',
      1,
    ],
    [
      'wrong annotations over a problem',
      [
        ['rollout', problem],
        ['annotations', annotation],
      ],
      'InvalidAnnotation',
      2,
    ],
    [
      'no problem over wrong annotations',
      [
        ['annotations', annotation],
        ['rollout', problem],
        ['rollout', null],
      ],
      'InvalidAnnotation',
      1,
    ],
  ])('%s', async (_what, steps, reason, writes) => {
    expect(await show(...steps)).toEqual({ reason, writes });
  });
});
