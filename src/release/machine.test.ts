import { array, assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getShortestPaths } from 'xstate/graph';
import { isPlace, PLACES, type Stage } from '../api/release/places.ts';
import { ReleaseStatus } from '../api/release/release.ts';
import {
  advance,
  isFinal,
  type MachineContext,
  type MachineEvent,
  type Outcome,
  type Position,
  positionFromStatus,
  releaseMachine,
  startPosition,
} from './machine.ts';

const OUTCOMES: readonly Outcome[] = ['Aborted', 'Superseded', 'Cancelled'];
const ABANDONS: readonly MachineEvent[] = OUTCOMES.flatMap((outcome) =>
  [true, false].map((handedOver) => ({ type: 'abandon', outcome, handedOver }) as const),
);
const EVENTS: readonly MachineEvent[] = [
  { type: 'proceed' },
  { type: 'connect' },
  { type: 'promote' },
  { type: 'unhealthy' },
  { type: 'recovered' },
  { type: 'resize' },
  { type: 'named' },
  { type: 'handedOver' },
  { type: 'resumed' },
  ...ABANDONS,
];

const start = (over: Partial<MachineContext> = {}): MachineContext => ({
  step: 0,
  steps: 3,
  queued: false,
  whole: false,
  outcome: undefined,
  handedOver: false,
  ...over,
});

/** Every position that is reachable by any sequence of events. */
function reachable(context: MachineContext): Position[] {
  const paths = getShortestPaths(releaseMachine, { input: context, events: [...EVENTS] });
  return paths.map(({ state }) => {
    const value = state.value as string | Record<string, string>;
    const [phase, stage] = typeof value === 'string' ? [value] : (Object.entries(value)[0] ?? []);
    return {
      phase: phase as Position['phase'],
      ...(stage === undefined ? {} : { stage: stage as Stage }),
      context: state.context,
    };
  });
}

const ALL = [false, true].flatMap((queued) =>
  [false, true].flatMap((whole) => reachable(start({ queued, whole }))),
);
const place = ({ phase, stage }: Position): string => (stage === undefined ? phase : `${phase}.${stage}`);

const bad = ({ phase }: Position): boolean => phase === 'Aborting' || OUTCOMES.includes(phase as Outcome);

/** Where a release ends that only proceeds from here. */
function end(from: Position): Position {
  let position = from;
  for (let moves = 0; moves < 40 && !isFinal(position.phase); moves++) {
    const blocked = position.stage === 'Recovering';
    position = advance(position, { type: blocked ? 'recovered' : 'proceed' });
  }
  return position;
}

const stepTrail = (index: number): string[] =>
  ['Scaling', 'Shifting', 'Analysing'].map((stage) => `Stepping.${stage} ${index}`);

describe('all positions', () => {
  it('covers every phase and stage', () => {
    expect([...new Set(ALL.map(place))].toSorted()).toMatchInlineSnapshot(`
      [
        "Aborted",
        "Aborting.BypassingSubsets",
        "Aborting.CleaningUp",
        "Aborting.Draining",
        "Aborting.Removing",
        "Aborting.RestoringRoutes",
        "Aborting.ReturningToStable",
        "Cancelled",
        "Pending",
        "Promoted",
        "Promoting.CleaningUp",
        "Promoting.HandingOver",
        "Promoting.RestoringNewerTemplate",
        "Promoting.RestoringRoutes",
        "Promoting.Sizing",
        "Promoting.Unsplitting",
        "Promoting.Updating",
        "Starting.Loading",
        "Starting.Preparing",
        "Starting.Routing",
        "Stepping.Analysing",
        "Stepping.Connecting",
        "Stepping.Recovering",
        "Stepping.Scaling",
        "Stepping.Shifting",
        "Superseded",
      ]
    `);
  });

  it('has an outcome exactly where it ends badly, and the outcome is where it ends', () => {
    expect(ALL.filter((one) => bad(one) !== (one.context.outcome !== undefined))).toEqual([]);
    const ended = ALL.filter(({ phase }) => OUTCOMES.includes(phase as Outcome));
    expect(ended.filter(({ phase, context }) => phase !== context.outcome)).toEqual([]);
  });

  it('stays within its steps', () => {
    expect(ALL.filter(({ context }) => context.step >= context.steps)).toEqual([]);
  });

  it('retreats only what was handed over, and steps only what was not', () => {
    const wrong = ALL.filter(({ stage, phase, context }) => {
      if (stage === 'ReturningToStable' || stage === 'Updating') return !context.handedOver;
      return (phase === 'Stepping' || phase === 'Starting') && context.handedOver;
    });
    expect(wrong).toEqual([]);
  });

  it('ends by itself from everywhere', () => {
    expect(ALL.filter((position) => !isFinal(end(position).phase)).map(place)).toEqual([]);
  });

  it('leads an abort to its own end, from wherever it is still possible', () => {
    for (const position of ALL) {
      for (const event of ABANDONS) {
        if (event.type !== 'abandon') continue;
        const after = advance(position, event);
        if (place(after) === place(position)) continue;
        expect(after.phase).toBe('Aborting');
        expect(end(after).phase).toBe(event.outcome);
      }
    }
  });

  it('can be abandoned everywhere but where it is ending or the update is complete', () => {
    const deaf = ALL.filter((position) =>
      ABANDONS.every((event) => place(advance(position, event)) === place(position)),
    );
    expect([...new Set(deaf.map(place))].toSorted()).toEqual([
      'Aborted',
      'Aborting.BypassingSubsets',
      'Aborting.CleaningUp',
      'Aborting.Draining',
      'Aborting.Removing',
      'Aborting.RestoringRoutes',
      'Aborting.ReturningToStable',
      'Cancelled',
      'Promoted',
      'Promoting.CleaningUp',
      'Promoting.RestoringNewerTemplate',
      'Promoting.Unsplitting',
      'Superseded',
    ]);
  });

  it('never leaves an end', () => {
    for (const position of ALL.filter(({ phase }) => isFinal(phase))) {
      for (const event of EVENTS) expect(advance(position, event)).toEqual(position);
    }
  });

  it('retreats from every place where the canary belongs to the Deployment, and withdraws from the others', () => {
    const abandon: MachineEvent = { type: 'abandon', outcome: 'Aborted', handedOver: false };
    const table = Object.fromEntries(
      ALL.filter(({ phase }) => phase === 'Promoting').map((position) => [
        place(position),
        place(advance(position, abandon)),
      ]),
    );
    expect(table).toEqual({
      'Promoting.Sizing': 'Aborting.Draining',
      'Promoting.RestoringRoutes': 'Aborting.Draining',
      'Promoting.HandingOver': 'Aborting.Draining',
      'Promoting.Updating': 'Aborting.ReturningToStable',
      'Promoting.Unsplitting': 'Promoting.Unsplitting',
      'Promoting.CleaningUp': 'Promoting.CleaningUp',
      'Promoting.RestoringNewerTemplate': 'Promoting.RestoringNewerTemplate',
    });
    const handing: Position = { phase: 'Promoting', stage: 'HandingOver', context: start() };
    expect(place(advance(handing, { ...abandon, handedOver: true }))).toBe('Aborting.ReturningToStable');
  });
});

/** Where a release comes through that only proceeds. */
function trailOf(from: Position): string[] {
  const trail: string[] = [];
  let position = from;
  while (!isFinal(position.phase)) {
    position = advance(position, { type: 'proceed' });
    trail.push(`${place(position)} ${position.context.step}`);
  }
  return trail;
}

describe('the path of a good release', () => {
  it('goes through every step once', () => {
    expect(trailOf(startPosition(start()))).toEqual([
      'Starting.Preparing 0',
      'Starting.Routing 0',
      'Starting.Loading 0',
      ...stepTrail(0),
      ...stepTrail(1),
      ...stepTrail(2),
      'Promoting.Sizing 2',
      'Promoting.RestoringRoutes 2',
      'Promoting.HandingOver 2',
      'Promoting.Updating 2',
      'Promoting.CleaningUp 2',
      'Promoted 2',
    ]);
  });

  it('restores the routes after the update where the canary has all traffic', () => {
    const from: Position = { phase: 'Promoting', stage: 'Sizing', context: start({ step: 2, whole: true }) };
    expect(trailOf(from)).toEqual([
      'Promoting.HandingOver 2',
      'Promoting.Updating 2',
      'Promoting.Unsplitting 2',
      'Promoting.CleaningUp 2',
      'Promoted 2',
    ]);
  });

  it.each<[from: Stage, event: MachineEvent, whole: boolean, to: string]>([
    ['HandingOver', { type: 'resize' }, false, 'Promoting.RestoringRoutes'],
    ['HandingOver', { type: 'resize' }, true, 'Promoting.Sizing'],
    ['CleaningUp', { type: 'named' }, false, 'Promoting.Updating'],
    ['CleaningUp', { type: 'named' }, true, 'Promoting.Unsplitting'],
  ])('goes back from %s by %o (all traffic: %s) to %s', (stage, event, whole, to) => {
    expect(place(advance({ phase: 'Promoting', stage, context: start({ whole }) }, event))).toBe(to);
  });
});

describe('a release that connects', () => {
  it.each<[from: Stage, event: MachineEvent, to: string]>([
    ['Scaling', { type: 'connect' }, 'Stepping.Connecting'],
    ['Connecting', { type: 'proceed' }, 'Stepping.Shifting'],
    ['Connecting', { type: 'unhealthy' }, 'Stepping.Recovering'],
    ['Connecting', { type: 'connect' }, 'Stepping.Connecting'],
    ['Connecting', { type: 'promote' }, 'Stepping.Connecting'],
    ['Shifting', { type: 'connect' }, 'Stepping.Shifting'],
    ['Analysing', { type: 'connect' }, 'Stepping.Analysing'],
    ['Connecting', { type: 'abandon', outcome: 'Superseded', handedOver: false }, 'Aborting.Draining'],
  ])('goes from %s by %o to %s, in the same step', (stage, event, to) => {
    const after = advance({ phase: 'Stepping', stage, context: start({ step: 1 }) }, event);
    expect([place(after), after.context.step]).toEqual([to, 1]);
  });
});

describe('what a controller does not know', () => {
  it.each([
    ['Warming', undefined],
    ['Stepping', 'Warming'],
    ['Stepping', undefined],
    ['Pending', 'Warming'],
    ['toString', undefined],
    ['Promoting', 'constructor'],
  ])('is not guessed: %s.%s', (phase, stage) => {
    expect(isPlace(phase, stage)).toBe(false);
  });

  it('is not entered either', () => {
    const position: Position = { phase: 'Stepping', stage: 'Warming' as Stage, context: start() };
    expect(() => advance(position, { type: 'proceed' })).toThrow(/Warming/);
  });

  it('is no place of the API: each can be reached, and nothing else', () => {
    const reached = new Set<string>(ALL.map(place));
    expect(PLACES.filter((one) => !reached.has(one))).toEqual([]);
    expect(reached.size).toBe(PLACES.length);
  });
});

describe('persistence', () => {
  it('continues from a status as if there had been no restart', () => {
    const event = constantFrom(...EVENTS);
    assert(
      property(array(event, { maxLength: 30 }), integer({ min: 1, max: 20 }), (events, steps) => {
        let straight = startPosition(start({ steps }));
        let restarted = straight;
        for (const next of events) {
          straight = advance(straight, next);
          const { phase, stage, context } = restarted;
          const status = ReleaseStatus.parse(
            JSON.parse(
              JSON.stringify({
                machineVersion: 1,
                phase,
                stage,
                step: context.step,
                weight: 0,
                replicas: 0,
                outcome: context.outcome,
                handedOver: context.handedOver,
              }),
            ),
          );
          restarted = advance(positionFromStatus(status, steps), next);
          expect(restarted).toEqual(straight);
        }
      }),
    );
  });
});
