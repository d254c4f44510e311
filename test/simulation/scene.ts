import type { KubeObject } from '../../src/api/meta.ts';
import type { MetricState } from '../../src/api/release/analysis-state.ts';
import { NAME, NAMESPACE, type WorldOptions } from './fixtures.ts';
import { Witness } from './invariants.ts';
import { World } from './world.ts';

/** A world in which v1 serves under the gate, and the check of its invariants. */
export async function started(
  options: Partial<WorldOptions> = {},
): Promise<{ readonly world: World; readonly witness: Witness }> {
  const world = new World(options);
  await world.begin();
  world.cluster.writes.length = 0;
  world.cluster.recorded.length = 0;
  return { world, witness: new Witness(world) };
}

/** Runs until the newest Release is at the place (`Phase` or `Phase.Stage`), and checks the invariants. */
export async function reach(world: World, witness: Witness, place: string, seconds = 120): Promise<void> {
  let looked = world.now;
  const there = (): boolean => {
    if (world.now > looked) witness.look();
    looked = world.now;
    return world.place() === place || world.place().startsWith(`${place}.`);
  };
  await world.until(place, there, seconds);
}

/** Runs for some seconds, and checks the invariants. */
export async function watch(world: World, witness: Witness, seconds: number): Promise<void> {
  for (let tick = 0; tick < 2 * seconds; tick++) {
    // oxlint-disable-next-line no-await-in-loop -- one tick after the other
    await world.step();
    witness.look();
  }
}

export function specOf(object: KubeObject | null): Record<string, unknown> {
  return (object?.['spec'] ?? {}) as Record<string, unknown>;
}

export function routes(world: World): unknown {
  return world.cluster.all('VirtualService')[0]?.['spec'];
}

export function weights(world: World): unknown[] {
  const { http } = routes(world) as { http: { route: { weight?: number }[] }[] };
  return http[0]?.route.map(({ weight }) => weight) ?? [];
}

interface Shown {
  readonly message?: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export function conditionOf(object: KubeObject | null, type: string): Shown | undefined {
  const { conditions } = (object?.['status'] ?? {}) as { conditions?: Shown[] };
  return conditions?.find((condition) => condition.type === type);
}

export function rollout(world: World, name = NAME): KubeObject | null {
  return world.cluster.get('Rollout', NAMESPACE, name);
}

/** Reasons of the events of a kind of object, oldest first. */
export function events(world: World, kind: string): string[] {
  return world.cluster.recorded
    .filter(({ regarding }) => regarding.kind === kind)
    .map(({ reason }) => reason);
}

/** Images of the pods that are there. */
export function images(world: World): string[] {
  return world.pods.all.filter(({ stoppedAt }) => stoppedAt === null).map(({ image }) => image);
}

/** The rate of failed requests, as the simulated pods count them. */
export const ERRORS = {
  name: 'error-rate',
  max: '5%',
  errors: { requests: 'requests{hash="{{hash}}"}', failures: 'failures{hash="{{hash}}"}' },
};

type Metric = Readonly<Record<string, unknown>>;

/** A world whose releases are judged by error rate and these metrics. */
export async function judgedBy(metrics: readonly Metric[], policy: object = {}): ReturnType<typeof started> {
  const { world, witness } = await started({ policy: { canary: { replicas: 2, mode: 'surge' }, ...policy } });
  world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
    draft['spec'] = { metrics: [ERRORS, ...metrics] };
  });
  return { world, witness };
}

/** The state of a metric of the newest Release. */
export function metricOf(world: World, name: string): MetricState | undefined {
  return world.status().analysis?.metrics.find((metric) => metric.name === name);
}
