import { RETRY } from '../../src/api/annotations/annotations.ts';
import { isFinal } from '../../src/release/machine.ts';
import { OPT_IN } from '../../src/workload/workload.ts';
import { NAME, NAMESPACE, rolloutOf } from './fixtures.ts';
import type { Witness } from './invariants.ts';
import {
  applyRoutes,
  applyStaleSplit,
  handsOf,
  hideSubsets,
  relabelRule,
  renameRoute,
  replaceRule,
} from './other-hands.ts';
import {
  addClientRule,
  addService,
  addVirtualService,
  removeClientRule,
  removeVirtualService,
} from './other-ways.ts';
import type { Refuser } from './refusals.ts';
import type { World } from './world.ts';

type Happening = (world: World, witness: Witness) => void;

function canaryPods(world: World) {
  const hash = world.releases.at(-1)?.spec.canary.podTemplateHash;
  return world.pods.all.filter((pod) => pod.hash === hash && pod.stoppedAt === null);
}

function breakPods(world: World, which: 'one' | 'all', ms: number): void {
  for (const pod of canaryPods(world).slice(0, which === 'one' ? 1 : undefined)) {
    pod.brokenSince = world.now;
    pod.brokenUntil = world.now + ms;
  }
}

function annotate(world: World, value: string | null): void {
  world.editDeployment((_spec, object) => {
    const { [OPT_IN]: _old, ...rest } = object.metadata.annotations ?? {};
    object.metadata.annotations = value === null ? rest : { ...rest, [OPT_IN]: value };
  });
}

function setStrategy(world: World, strategy: object): void {
  world.editDeployment((spec) => {
    spec['strategy'] = strategy;
  });
}

function deleteStable(world: World, witness: Witness): void {
  const hash = world.stableHash();
  const set = world.cluster
    .all('ReplicaSet', NAMESPACE)
    .find(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash);
  if (set !== undefined) world.cluster.delete('ReplicaSet', NAMESPACE, set.metadata.name);
  // Until the watch has surely caught up.
  witness.excuse(80_000);
}

const setPaused = (world: World, paused: boolean): void =>
  world.editDeployment((spec) => {
    spec['paused'] = paused;
  });

/** How long somebody refuses writes, in milliseconds: longer than a canary may lose what it gets. */
const REFUSED_MS = 20_000;

/** The canary's traffic cannot be removed meanwhile: the only excuse. */
function refuseRoutes(world: World, witness: Witness): void {
  world.refusers.stand('istiod', world.now + REFUSED_MS);
  witness.routesHeldUntil = world.now + REFUSED_MS + 4_000;
}

const refuse = (world: World, by: Refuser): void => world.refusers.stand(by, world.now + REFUSED_MS);

/** Changes the spec as far as the API server would let it: nothing is skipped once a release is ending or has ended. */
function whileOpen(world: World, change: (spec: Record<string, unknown>, step: number) => void): void {
  const { phase = 'Pending', step = 0 } = world.releases.at(-1)?.status ?? {};
  if (isFinal(phase) || phase === 'Aborting') return;
  world.editRelease((spec) => change(spec, step));
}

/** Everything that people and faults do to a release. */
export const HAPPENINGS = {
  pushV3: (world) => world.push('v3'),
  pushV2: (world) => world.push('v2'),
  revert: (world) => world.push('v1'),
  abort: (world) =>
    world.editRelease((spec) => {
      spec['abort'] ??= { reason: 'a test' };
    }),
  skip: (world) =>
    whileOpen(world, (spec, step) => {
      const skips = (spec['skips'] ?? []) as { step: number }[];
      if (skips.some((one) => one.step === step)) return;
      spec['skips'] = [...skips, { step, by: 'ana', reason: 'a test' }];
    }),
  skipStep: (world) =>
    whileOpen(world, (spec, step) => {
      spec['skipStep'] = step;
    }),
  promote: (world) =>
    whileOpen(world, (spec) => {
      spec['promote'] ??= { by: 'ana', reason: 'a test' };
    }),
  pause: (world) =>
    world.editRelease((spec) => {
      spec['paused'] = true;
    }),
  goOn: (world) =>
    world.editRelease((spec) => {
      spec['paused'] = false;
    }),
  editWeights: (world) => handsOf(world).editWeights(world.cluster),
  renameRoute: (world) => renameRoute(world),
  applyRoutes: (world, witness) => {
    applyRoutes(world);
    witness.noteMeddling();
  },
  staleSplit: (world, witness) => {
    // Without a Rollout, nobody manages the routes.
    if (world.cluster.get('Rollout', NAMESPACE, NAME) === null) return;
    applyStaleSplit(world);
    witness.noteMeddling();
  },
  relabelRule: (world) => relabelRule(world, {}),
  takeOverRule: (world) =>
    relabelRule(world, {
      'app.kubernetes.io/managed-by': 'sluice',
      'sluice.dev/rollout': 'other',
      'sluice.dev/release': 'other-1',
    }),
  replaceRule: (world, witness) => {
    replaceRule(world);
    witness.noteMeddling();
  },
  hideSubsets: (world) => hideSubsets(world),
  callsPastSplit: (world) => {
    world.mesh.bypass = 0.3;
  },
  scaleUp: (world) => world.scale(world.replicas + 3),
  scaleDown: (world) => world.scale(Math.max(1, world.replicas - 2)),
  scaleToNothing: (world, witness) => {
    world.scale(0);
    witness.excuse(60_000);
  },
  canaryFlaps: (world, witness) => {
    breakPods(world, 'all', 1_000);
    witness.excuse(1_000 + 3_500);
  },
  canaryDies: (world, witness) => {
    breakPods(world, 'all', 60_000);
    witness.excuse(60_000);
  },
  oneCanaryDies: (world, witness) => {
    breakPods(world, 'one', 20_000);
    witness.excuse(25_000);
  },
  canaryCrashes: (world, witness) => {
    for (const pod of canaryPods(world)) pod.restarts += 2;
    breakPods(world, 'all', 5_000);
    witness.excuse(5_000 + 3_500);
  },
  canaryEvicted: (world, witness) => {
    const pod = canaryPods(world)[0];
    if (pod === undefined) return;
    pod.evicted = true;
    pod.stoppedAt = world.now;
    witness.excuse(25_000);
  },
  canaryDrained: (world, witness) => {
    for (const pod of canaryPods(world)) {
      pod.drained = true;
      pod.stoppedAt = world.now;
    }
    witness.excuse(25_000);
  },
  stableNotReady: (world, witness) => {
    const pod = world.pods.readyOfHash(world.stableHash(), world.now)[0];
    if (pod !== undefined) {
      pod.brokenSince = world.now;
      pod.brokenUntil = world.now + 20_000;
    }
    witness.excuse(25_000);
  },
  metricsGone: (world) => {
    world.metrics.mode = 'noData';
  },
  metricsFail: (world) => {
    world.metrics.mode = 'error';
  },
  metricsHang: (world) => {
    world.metrics.mode = 'hanging';
  },
  metricsBack: (world) => {
    world.metrics.mode = 'ok';
  },
  readsFail: (world) => {
    world.texts.fault = 'GET configmaps answered 503';
  },
  readsBack: (world) => {
    world.texts.fault = null;
  },
  deleteRelease: (world) => {
    const release = world.releases.at(-1);
    if (release !== undefined) world.cluster.delete('Release', NAMESPACE, release.metadata.name);
  },
  deleteRollout: (world) => {
    if (world.cluster.get('Rollout', NAMESPACE, NAME) !== null)
      world.cluster.delete('Rollout', NAMESPACE, NAME);
  },
  retry: (world) => {
    if (world.cluster.get('Rollout', NAMESPACE, NAME) === null) return;
    world.cluster.update('Rollout', NAMESPACE, NAME, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, [RETRY]: String(world.now) };
    });
  },
  createRollout: (world) => {
    if (world.cluster.get('Rollout', NAMESPACE, NAME) === null)
      world.cluster.create(rolloutOf(world.options));
  },
  addVirtualService: (world, witness) => addVirtualService(world, witness),
  removeVirtualService: (world) => removeVirtualService(world),
  addService: (world, witness) => {
    addService(world);
    addVirtualService(world, witness, 'grpc', 'grpc');
  },
  addClientRule: (world, witness) => addClientRule(world, witness),
  removeClientRule: (world) => removeClientRule(world),
  deleteDeployment: (world, witness) => {
    witness.excuse(1e9);
    if (world.deployment !== null) world.cluster.delete('Deployment', NAMESPACE, NAME);
  },
  deleteCanary: (world, witness) => {
    const name = world.releases.at(-1)?.spec.canary.replicaSet ?? '';
    const set = world.cluster.get('ReplicaSet', NAMESPACE, name);
    if (set?.metadata.ownerReferences?.[0]?.kind === 'Release') {
      world.cluster.delete('ReplicaSet', NAMESPACE, name);
      witness.excuse(15_000);
    }
  },
  deleteStable: (world, witness) => deleteStable(world, witness),
  keepNoHistory: (world) =>
    world.editDeployment((spec) => {
      spec['revisionHistoryLimit'] = 0;
    }),
  toRecreate: (world) => setStrategy(world, { type: 'Recreate' }),
  toAllUnavailable: (world) =>
    setStrategy(world, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '100%' } }),
  strategyBack: (world) => {
    const { maxSurge, maxUnavailable } = world.options;
    setStrategy(world, { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } });
  },
  ownerPauses: (world, witness) => {
    setPaused(world, true);
    witness.ownerPaused = true;
  },
  ownerResumes: (world) => setPaused(world, false),
  optOut: (world) => annotate(world, 'off'),
  optOutAndResume: (world) => {
    annotate(world, 'off');
    setPaused(world, false);
  },
  optIn: (world) => annotate(world, null),
  restart: (world) => world.restart(),
  down: (world, witness) => {
    world.restart();
    world.downUntil = world.now + 10_000;
    witness.blindUntil = Math.max(witness.blindUntil, world.downUntil + 5_000);
  },
  gitOpsFight: (world, witness) => {
    world.fightUntil = world.now + REFUSED_MS;
    witness.contestedUntil = world.fightUntil + 8_000;
  },
  routesRefused: (world, witness) => refuseRoutes(world, witness),
  replicaSetsRefused: (world) => refuse(world, 'quota'),
  replicaSetsFrozen: (world, witness) => {
    refuse(world, 'policy');
    witness.setsHeldUntil = world.now + REFUSED_MS + 4_000;
  },
  deploymentsFrozen: (world) => refuse(world, 'deploymentPolicy'),
  writesAccepted: (world) => world.refusers.leave(),
  podsRefused: (world, witness) => {
    world.pods.quota = world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).length;
    world.pods.quotaUntil = world.now + REFUSED_MS;
    witness.excuse(REFUSED_MS + 5_000);
  },
  podsAccepted: (world) => {
    world.pods.quota = Number.POSITIVE_INFINITY;
  },
  watchLags: (world, witness) => {
    world.cluster.pauseWatch();
    witness.blindUntil = Number.POSITIVE_INFINITY;
  },
  watchCatchesUp: (world, witness) => {
    world.cluster.resumeWatch();
    witness.blindUntil = world.now + 5_000;
  },
} satisfies Record<string, Happening>;

export type HappeningName = keyof typeof HAPPENINGS;
export const NAMES = Object.keys(HAPPENINGS) as HappeningName[];

/** Triggers an event. */
export function happen(name: HappeningName, world: World, witness: Witness): void {
  world.asSomebody(() => HAPPENINGS[name](world, witness));
  witness.noteSize();
}

/** Undoes what would keep a release from ever ending: only people do such things. */
export function calm(world: World, witness: Witness): void {
  HAPPENINGS.watchCatchesUp(world, witness);
  world.metrics.mode = 'ok';
  world.texts.fault = null;
  world.fate = () => undefined;
  world.asSomebody(() => {
    removeClientRule(world);
    world.fightUntil = 0;
    HAPPENINGS.writesAccepted(world);
    HAPPENINGS.podsAccepted(world);
    // An untouched Release must progress by itself: a write to it would trigger a pass.
    if (world.releases.at(-1)?.spec.paused === true) HAPPENINGS.goOn(world);
    HAPPENINGS.strategyBack(world);
    if (world.replicas === 0) {
      world.scale(2);
      witness.excuse(30_000);
    }
    const { paused } = (world.deployment?.['spec'] ?? {}) as { paused?: boolean };
    if (paused === true && world.deployment?.metadata.annotations?.['sluice.dev/hold'] === undefined)
      HAPPENINGS.ownerResumes(world);
  });
}
