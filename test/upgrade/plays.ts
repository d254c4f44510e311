import type { WorldOptions } from '../simulation/fixtures.ts';
import { happen } from '../simulation/happenings.ts';
import type { Witness } from '../simulation/invariants.ts';
import { reach } from '../simulation/scene.ts';
import type { World } from '../simulation/world.ts';

/** A release in the simulated world, of which each place is recorded as one version of the controller has stored it. */
export interface Play {
  readonly name: string;
  /** Version of the state machine that can play it first. */
  readonly since: number;
  /** Options of its world; what an earlier tree does not have is imported only here. */
  readonly options: () => Promise<Partial<WorldOptions>>;
  /** Share of the requests of v2 that fail. */
  readonly failures: number;
  /** The place from which on it differs from `good`, by each name that it has had. */
  readonly from?: readonly string[];
  /** Leads the release to its end, from the push of v2 on. */
  readonly lead: (world: World, witness: Witness) => Promise<void>;
  /** How the release of v2 ends, and which version serves at last. */
  readonly ends: 'Promoted' | 'Aborted';
  readonly serves: string;
}

const GOOD = 0.001;
const SECONDS = 300;

const promoted = (world: World, witness: Witness): Promise<void> =>
  reach(world, witness, 'Promoted', SECONDS);

const good = (name: string, since: number, options: Play['options']): Play => ({
  name,
  since,
  options,
  failures: GOOD,
  lead: promoted,
  ends: 'Promoted',
  serves: 'v2',
});

const DEADLINES = { start: '30s', step: '60s', promotion: '60s' };
const service = async (policy: object = {}): Promise<Partial<WorldOptions>> => {
  const { SERVICE_ROUTING } = await import('../simulation/routing.ts');
  return { routing: SERVICE_ROUTING, policy: { ...policy } };
};

/** What is recorded; a recording names each by its name. */
export const PLAYS: readonly Play[] = [
  good('good', 1, async () => ({})),
  {
    ...good('bad', 1, async () => ({})),
    failures: 0.2,
    from: ['Aborting.Draining'],
    lead: (world, witness) => reach(world, witness, 'Aborted', SECONDS),
    ends: 'Aborted',
    serves: 'v1',
  },
  {
    ...good('aborted after the handover', 1, async () => ({})),
    from: ['Aborting.ReturningToStable', 'Aborting.Retreating'],
    lead: async (world, witness) => {
      await reach(world, witness, 'Promoting.Updating', SECONDS);
      happen('abort', world, witness);
      await reach(world, witness, 'Aborted', SECONDS);
    },
    ends: 'Aborted',
    serves: 'v1',
  },
  {
    ...good('with a newer version in the queue', 1, async () => ({ policy: { onNewRevision: 'queue' } })),
    from: ['Promoting.CleaningUp', 'Promoting.Clearing'],
    lead: async (world, witness) => {
      await reach(world, witness, 'Promoting.Updating', SECONDS);
      world.push('v3');
      await promoted(world, witness);
    },
    serves: 'v3',
  },
  good('connecting', 1, async () => ({
    policy: { canary: { replicas: 1, connect: { weight: 1, for: '4s' } } },
  })),
  good('blue/green', 3, async () => ({
    policy: { steps: undefined, deadlines: DEADLINES, blueGreen: { scaleDownDelay: '5s' } },
  })),
  good('routes of the Gateway API', 3, async () => {
    const { gatewayRouting } = await import('../simulation/gateway-routing.ts');
    return { routing: gatewayRouting({ lagMs: 500, says: 'generation' }) };
  }),
  good('without a mesh', 3, () => service()),
  good('a guarded rolling update', 3, () =>
    service({ steps: undefined, traffic: undefined, rollingUpdate: {} }),
  ),
];
