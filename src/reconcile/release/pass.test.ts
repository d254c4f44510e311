import { expect, it } from 'vitest';
import { createMemoryCluster } from '../../../test/fakes/memory-cluster.ts';
import {
  ago,
  deployment,
  NOW,
  release,
  rollout,
  statusOf,
  template,
} from '../../../test/fixtures/release.ts';
import { NO_TRACING } from '../../adapters/tracing/off.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { revisionOf } from '../../workload/revision.ts';
import type { PassDeps } from '../pass-deps.ts';
import { createContests } from './contests.ts';
import { createDepartures } from './departures.ts';
import { createDrafts } from './drafts.ts';
import { passRelease } from './pass.ts';
import { createTries } from './tries.ts';

const analysing = {
  phase: 'Stepping',
  stage: 'Analysing',
  weight: 10,
  routeGoal: 'split:10',
  routeConfirmedAt: ago(600),
  stageStartedAt: ago(600),
} as const;

/** A pass over a release while neither the pods nor the metrics answer, and who was asked. */
async function pass(status: Partial<ReleaseStatus>, spec: object = {}) {
  const cluster = createMemoryCluster({ now: () => NOW });
  const stored = cluster.create({ ...release(undefined, spec), status: statusOf(status) }) as Release;
  cluster.create(deployment().object);
  const asked: string[] = [];
  const deps: PassDeps = {
    store: cluster.store,
    writer: cluster.writer,
    events: cluster.events,
    routers: ROUTERS,
    settings: { rootNamespace: 'istio-system', istiodDebounceMax: 1_000 },
    metrics: { sample: () => new Promise(() => {}) },
    tries: createTries(),
    contests: createContests(),
    departures: createDepartures(),
    drafts: createDrafts(),
    answers: { ask: async (_about, key) => (asked.push(key), null) },
    podLists: {
      last: () => ({}),
      look: async () => (asked.push('pods'), {}),
      stuck: async () => null,
    },
    learner: { look: () => undefined },
    warmUps: { look: () => ({}), problem: async () => null },
    checks: { look: () => ({}), preflight: async () => null },
    telemetry: { phaseLeft: () => {}, ended: () => {}, verdict: () => {}, forget: () => {} },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    record: () => {},
    tracing: NO_TRACING,
    hasNobody: () => true,
  };
  await passRelease(deps, rollout(), stored, NOW);
  const written = cluster.get('Release', 'shop', stored.metadata.name) as Release;
  return { asked, phase: written.status?.phase };
}

it('a release that moves waits neither for pods nor for metrics', async () => {
  expect(await pass(analysing, { abort: { by: 'ana' } })).toMatchObject({ asked: [], phase: 'Aborting' });
});

it('a release that stays asks the pods', async () => {
  const spec = { revision: revisionOf(template('v2')) };
  expect(await pass({ phase: 'Pending' }, spec)).toMatchObject({ asked: ['pods'], phase: 'Pending' });
});
