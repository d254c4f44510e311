import { assign, initialTransition, setup, transition } from 'xstate';
import type { Phase, Stage, StageOf } from '../api/release/places.ts';
import type { ReleaseStatus } from '../api/release/release.ts';

/** Version of the machine; written with every status, so that a newer controller knows what it reads. */
export const MACHINE_VERSION = 3;

/** Where an unfinished release can go instead of proceeding. */
export type Outcome = 'Aborted' | 'Superseded' | 'Cancelled';

/** Events of a release. Derived from what is observed, never from what changed. */
export type MachineEvent =
  | { readonly type: 'proceed' }
  | { readonly type: 'connect' }
  | { readonly type: 'promote' }
  | { readonly type: 'abandon'; readonly outcome: Outcome; readonly handedOver: boolean }
  | { readonly type: 'unhealthy' }
  | { readonly type: 'recovered' }
  | { readonly type: 'resize' }
  | { readonly type: 'named' }
  | { readonly type: 'handedOver' }
  | { readonly type: 'resumed' };

interface Context {
  readonly step: number;
  readonly steps: number;
  readonly queued: boolean;
  /** The canary has all traffic. */
  readonly whole: boolean;
  readonly outcome: Outcome | undefined;
  readonly handedOver: boolean;
}

/** The facts of a Release that the machine needs besides the phase. */
export type MachineContext = Context;

const machineSetup = setup({
  types: { context: {} as Context, events: {} as MachineEvent, input: {} as Context },
  guards: {
    moreSteps: ({ context }) => context.step + 1 < context.steps,
    queued: ({ context }) => context.queued,
    whole: ({ context }) => context.whole,
    superseded: ({ context }) => context.outcome === 'Superseded',
    cancelled: ({ context }) => context.outcome === 'Cancelled',
    nowHandedOver: ({ event }) => event.type === 'abandon' && event.handedOver,
  },
  actions: {
    nextStep: assign({ step: ({ context }) => context.step + 1 }),
    noteOutcome: assign({
      outcome: ({ context, event }) => (event.type === 'abandon' ? event.outcome : context.outcome),
    }),
    noteHandover: assign({ handedOver: true }),
  },
});

const withdraw = { target: '#release.Aborting.Draining', actions: 'noteOutcome' } as const;
const retreat = {
  target: '#release.Aborting.ReturningToStable',
  actions: ['noteOutcome', 'noteHandover'],
} as const;
const recover = '#release.Stepping.Recovering';

/**
 * The life of a release, as a pure reducer: no timers, no actors, no side effects. A stage is a goal in progress;
 * `proceed` says that it has been observed to be reached.
 */
export const releaseMachine = machineSetup.createMachine({
  id: 'release',
  context: ({ input }) => input,
  initial: 'Pending',
  states: {
    Pending: {
      on: {
        proceed: 'Starting',
        abandon: { target: '#release.Aborting.CleaningUp', actions: 'noteOutcome' },
      },
    },
    Starting: {
      initial: 'Preparing',
      on: { abandon: withdraw },
      states: {
        Preparing: {
          on: {
            proceed: 'Routing',
            abandon: { target: '#release.Aborting.CleaningUp', actions: 'noteOutcome' },
          },
        },
        Routing: { on: { proceed: 'Loading' } },
        Loading: { on: { proceed: '#release.Stepping' } },
      },
    },
    Stepping: {
      initial: 'Scaling',
      on: { abandon: withdraw },
      states: {
        Scaling: { on: { proceed: 'Shifting', connect: 'Connecting', unhealthy: 'Recovering' } },
        Connecting: { on: { proceed: 'Shifting', unhealthy: 'Recovering' } },
        Shifting: { on: { proceed: 'Analysing', unhealthy: 'Recovering' } },
        Analysing: {
          on: {
            proceed: [
              { guard: 'moreSteps', target: 'Scaling', actions: 'nextStep' },
              { target: '#release.Promoting' },
            ],
            promote: '#release.Promoting',
            unhealthy: 'Recovering',
          },
        },
        Recovering: { on: { recovered: 'Scaling' } },
      },
    },
    Promoting: {
      initial: 'Sizing',
      states: {
        Sizing: {
          on: {
            proceed: [{ guard: 'whole', target: 'HandingOver' }, { target: 'RestoringRoutes' }],
            abandon: withdraw,
            unhealthy: recover,
          },
        },
        RestoringRoutes: {
          on: { proceed: 'HandingOver', abandon: withdraw, unhealthy: recover, resize: 'Sizing' },
        },
        HandingOver: {
          on: {
            proceed: { target: 'Updating', actions: 'noteHandover' },
            abandon: [{ guard: 'nowHandedOver', ...retreat }, withdraw],
            unhealthy: recover,
            resize: [{ guard: 'whole', target: 'Sizing' }, { target: 'RestoringRoutes' }],
          },
        },
        Updating: {
          on: {
            proceed: [{ guard: 'whole', target: 'Unsplitting' }, { target: 'CleaningUp' }],
            abandon: retreat,
          },
        },
        Unsplitting: { on: { proceed: 'CleaningUp' } },
        CleaningUp: {
          on: {
            named: [{ guard: 'whole', target: 'Unsplitting' }, { target: 'Updating' }],
            proceed: [{ guard: 'queued', target: 'RestoringNewerTemplate' }, { target: '#release.Promoted' }],
          },
        },
        RestoringNewerTemplate: { on: { proceed: '#release.Promoted' } },
      },
    },
    Aborting: {
      initial: 'Draining',
      states: {
        Draining: {
          on: { proceed: 'Removing', handedOver: 'ReturningToStable', resumed: 'BypassingSubsets' },
        },
        BypassingSubsets: { on: { proceed: 'RestoringRoutes', handedOver: 'ReturningToStable' } },
        Removing: {
          on: { proceed: 'RestoringRoutes', handedOver: 'ReturningToStable', resumed: 'RestoringRoutes' },
        },
        ReturningToStable: { entry: 'noteHandover', on: { proceed: 'RestoringRoutes' } },
        RestoringRoutes: { on: { proceed: 'CleaningUp' } },
        CleaningUp: {
          on: {
            named: 'RestoringRoutes',
            proceed: [
              { guard: 'superseded', target: '#release.Superseded' },
              { guard: 'cancelled', target: '#release.Cancelled' },
              { target: '#release.Aborted' },
            ],
          },
        },
      },
    },
    Promoted: { type: 'final' },
    Aborted: { type: 'final' },
    Superseded: { type: 'final' },
    Cancelled: { type: 'final' },
  },
});

/** Phase and stage of a release, and the machine's other state. */
export interface Position {
  readonly phase: Phase;
  readonly stage?: Stage;
  readonly context: Context;
}

type Snapshot = ReturnType<typeof releaseMachine.resolveState>;
/** A place as the machine has it: a phase, or a phase with its stage. */
type StateValue = {
  [P in Phase]: [StageOf<P>] extends [never] ? P : { readonly [Q in P]: StageOf<P> };
}[Phase];

function valueOf({ phase, stage }: Pick<Position, 'phase' | 'stage'>): StateValue {
  return (stage === undefined ? phase : { [phase]: stage }) as StateValue;
}

function positionOf(snapshot: Snapshot): Position {
  const value: StateValue = snapshot.value;
  if (typeof value === 'string') return { phase: value, context: snapshot.context };
  const [phase, stage] = Object.entries(value)[0] as [Phase, Stage];
  return { phase, stage, context: snapshot.context };
}

/** The place of a new release. */
export function startPosition(context: Context): Position {
  return positionOf(initialTransition(releaseMachine, context)[0]);
}

/**
 * The next position after an event. An event that the stage does not handle changes nothing. Throws on an unknown phase
 * or stage.
 */
export function advance(position: Position, event: MachineEvent): Position {
  const snapshot = releaseMachine.resolveState({ value: valueOf(position), context: position.context });
  return positionOf(transition(releaseMachine, snapshot, event)[0]);
}

/** Whether the canary has all traffic; it keeps it through its promotion. */
export function isWhole({ weight }: Pick<ReleaseStatus, 'weight'>): boolean {
  return weight === 100;
}

/** The position that a status holds. */
export function positionFromStatus(status: ReleaseStatus, steps: number): Position {
  return {
    phase: status.phase,
    ...(status.stage === undefined ? {} : { stage: status.stage }),
    context: {
      step: status.step,
      steps,
      queued: status.next !== undefined,
      whole: isWhole(status),
      outcome: status.outcome,
      handedOver: status.handedOver === true,
    },
  };
}

const FINAL: readonly Phase[] = ['Promoted', 'Aborted', 'Superseded', 'Cancelled'];

/** Whether a release has ended. */
export function isFinal(phase: Phase): boolean {
  return FINAL.includes(phase);
}
