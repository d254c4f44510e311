import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { assert, property } from 'fast-check';
import { afterAll, beforeEach, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import type {
  RouteContext,
  RouteOwner,
  RoutePlan,
  RouteRequest,
  RouteVersions,
} from '../../src/traffic/context.ts';
import type { Supported } from '../../src/traffic/declaration.ts';
import type { RouteGoal, RouteState, RouteWrite } from '../../src/traffic/goal.ts';
import type { Router } from '../../src/traffic/router.ts';
import { type Headers, MATCHES, OTHERS, percent, splits } from './asked.ts';
import { ObjectsInMemory } from './objects-in-memory.ts';

/** What a user has, and how the workload is found in it. */
export interface World<Spec = unknown> {
  readonly objects: readonly KubeObject[];
  readonly spec: Spec;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** A change by somebody else. `user` is the state if no release had ever run. */
export interface Edit {
  readonly name: string;
  /** It changes what the user wrote about the destinations. */
  readonly rewrites?: boolean;
  /** It destroys what the router has recorded outside the Release. */
  readonly forgets?: boolean;
  /** A split is no longer possible, which is reported; but the canary can be withdrawn, and the routes restored. */
  readonly breaks?: boolean;
  readonly apply: (objects: KubeObject[], user: KubeObject[]) => void;
}

/** Fractions of the traffic of one route, for each route that the release shifts. */
export interface Shares {
  readonly stable: number;
  readonly canary: number;
  readonly others: Readonly<Record<string, number>>;
}

/** A router, and what the suite needs to test it. */
export interface RouterUnderTest<Spec = unknown, Data = unknown> {
  readonly router: Router<Spec, Data>;
  readonly worlds: fc.Arbitrary<World<Spec>>;
  readonly edits: fc.Arbitrary<Edit>;
  readonly namespace: string;
  /** A Release of that Rollout. */
  readonly owner: (rollout: string) => RouteOwner;
  /** Who gets what, by the routes that are shifted. */
  readonly shares: (objects: readonly KubeObject[], world: World<Spec>) => readonly Shares[];
  /** The same for requests with these headers, if the router supports matches; null where a route gets none of them. */
  readonly sharesWith?: (
    objects: readonly KubeObject[],
    world: World<Spec>,
    headers: Headers,
  ) => readonly (Shares | null)[];
  /** The only host that a route is for, by the routes that are shifted: a match on it alone chooses all its requests. */
  readonly onlyFor?: (objects: readonly KubeObject[], world: World<Spec>) => readonly (string | undefined)[];
  /** Percent of the requests of which the canary gets a copy, by the routes that are shifted; if it supports mirrors. */
  readonly mirrored?: (objects: readonly KubeObject[], world: World<Spec>) => readonly number[];
  /** Whether a mirror can be added to the user's routes. */
  readonly takesMirror?: (world: World<Spec>) => boolean;
  /** Reasons for which the router may refuse the matches and cookies of a split. */
  readonly mayRefuse?: readonly string[];
  /** Whether any route names the canary. */
  readonly exposes: (objects: readonly KubeObject[]) => boolean;
  /** Throws where a data plane would lose requests with these objects, or in between. */
  readonly checkSafe: (objects: readonly KubeObject[]) => void;
  /** The objects without the destinations of the routes to the Service: what must never change. */
  readonly rest: (objects: readonly KubeObject[], world: World<Spec>) => unknown;
  /** Cases that the router says it cannot meet, by their titles. */
  readonly skip?: readonly { readonly case: string; readonly reason: string }[];
}

const VERSIONS: RouteVersions = { stable: '5d9c', canary: 'x7k2' };
const PREPARED: RouteGoal = { kind: 'prepared' };
const UNTOUCHED: RouteGoal = { kind: 'untouched' };
const WITHDRAWN: RouteGoal = { kind: 'withdrawn' };

type Step = { readonly goal: RouteGoal } | { readonly edit: Edit };

/** The objects without what the API server changes with every write. */
export function withoutVersions(objects: readonly KubeObject[]): unknown[] {
  return objects.map(({ metadata: { resourceVersion: _version, ...metadata }, ...rest }) => ({
    ...rest,
    metadata,
  }));
}

const steps = (edits: fc.Arbitrary<Edit>, supports: Supported): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 2, arbitrary: percent.map((weight) => splitAt(weight)) },
      { weight: 2, arbitrary: splits(supports).map((goal): Step => ({ goal })) },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ goal: PREPARED }, { goal: UNTOUCHED }) },
      { weight: 1, arbitrary: fc.constant<Step>({ goal: WITHDRAWN }) },
      { weight: 2, arbitrary: edits.map((edit): Step => ({ edit })) },
    ),
    { maxLength: 8 },
  );

function near(value: number | undefined, wanted: number): void {
  ok(Math.abs((value ?? Number.NaN) - wanted) < 1e-9, `a share is ${value}, not ${wanted}`);
}

function splitAt(weight: number): Step {
  return { goal: { kind: 'split', weight } };
}

/** Two at once lose the exact weights of the newer version, and nothing else: fractions and destinations are kept. */
function isDoubleFault(taken: readonly Step[]): boolean {
  const done = taken.flatMap((step) => ('edit' in step ? [step.edit] : []));
  const faults = done.filter(({ rewrites, forgets, breaks }) => rewrites ?? forgets ?? breaks);
  return new Set(faults).size > 1 || faults.filter(({ breaks }) => breaks).length > 1;
}

class Run<Spec, Data> {
  readonly server: ObjectsInMemory;
  readonly user: KubeObject[];
  plan: RoutePlan<Data>;
  private isBroken = false;
  private readonly test: RouterUnderTest<Spec, Data>;
  private readonly world: World<Spec>;

  constructor(test: RouterUnderTest<Spec, Data>, world: World<Spec>) {
    this.test = test;
    this.world = world;
    this.server = new ObjectsInMemory(world.objects);
    this.user = structuredClone([...world.objects]);
    const found = test.router.preflight(this.request());
    if ('problem' in found) throw new Error(`${found.problem.reason}: ${found.problem.message}`);
    this.plan = JSON.parse(JSON.stringify(found.plan)) as RoutePlan<Data>;
  }

  /** The router's input; frozen, so that it cannot change the objects. */
  request(rollout: 'one' | 'two' = 'one'): RouteRequest<Spec> {
    const { spec, podLabels } = this.world;
    const objects = this.server.read(this.test.namespace);
    return { objects, spec, podLabels, owner: this.test.owner(rollout) };
  }

  /** The same with the plan, as it was stored or given. */
  context(rollout: 'one' | 'two' = 'one', plan = this.plan): RouteContext<Spec, Data> {
    return { ...this.request(rollout), plan, versions: VERSIONS };
  }

  writes(goal: RouteGoal): readonly RouteWrite[] {
    this.note();
    return this.test.router.writes(this.context(), goal);
  }

  /** Records the created objects, as the status of a release does. */
  note(): void {
    const own = this.test.router.own(this.context());
    if (own.length > 0) this.plan = { ...this.plan, own };
  }

  /** Makes the due writes one by one, and checks after each that nothing is in danger. */
  pass(goal: RouteGoal, most = Number.POSITIVE_INFINITY): number {
    const due = this.writes(goal);
    const wasSafe = this.isSafe();
    for (const write of due.slice(0, most)) {
      this.server.apply(write);
      if (wasSafe) this.test.checkSafe(this.server.objects);
    }
    if (due.length <= most) this.test.checkSafe(this.server.objects);
    return due.length;
  }

  /** What somebody else has endangered is safe again only after the last write. */
  private isSafe(): boolean {
    try {
      this.test.checkSafe(this.server.objects);
      return true;
    } catch {
      return false;
    }
  }

  reach(given: RouteGoal): void {
    const wanted = this.taken(given);
    const goal = this.isBroken && this.state(wanted).kind === 'broken' ? WITHDRAWN : wanted;
    for (let passes = 0; this.pass(goal) > 0; passes++) ok(passes < 4, 'the writes never end');
    this.checkReached(goal);
  }

  state(goal: RouteGoal): RouteState {
    return this.test.router.compare(this.context(), goal);
  }

  checkReached(goal: RouteGoal): void {
    const { exposes, rest, shares } = this.test;
    const { open: _open, ...state } = { open: undefined, ...this.state(goal) };
    deepStrictEqual(state, { kind: 'asDesired' });
    ok(goal.kind === 'split' || !exposes(this.server.objects), 'a route names the canary');
    deepStrictEqual(rest(this.server.objects, this.world), rest(this.user, this.world));
    // Where pods divide the traffic, no object says how.
    if (this.test.router.supports.weights === 'pods') return;
    const before = shares(this.user, this.world);
    const now = shares(this.server.objects, this.world);
    equal(now.length, before.length);
    this.checkBeside(goal, before);
    for (const [index, { stable, others }] of before.entries()) {
      const part = goal.kind !== 'split' ? 0 : this.isChosen(goal, index) ? 1 : goal.weight / 100;
      near(now[index]?.canary, stable * part);
      near(now[index]?.stable, stable * (1 - part));
      for (const [other, has] of Object.entries(others)) near(now[index]?.others[other], has);
    }
  }

  /** The goal without matches and cookies where the router refuses those. */
  private taken(goal: RouteGoal): RouteGoal {
    if (goal.kind !== 'split') return goal;
    const state = this.state(goal);
    if (state.kind !== 'broken' || this.test.mayRefuse?.includes(state.reason) !== true) return goal;
    const { match: _match, sticky: _sticky, ...rest } = goal;
    return rest;
  }

  /** The goal without a mirror where the user's routes take none. */
  private possible(goal: RouteGoal): RouteGoal {
    if (goal.kind !== 'split' || this.test.takesMirror?.(this.world) !== false) return goal;
    const { mirror: _mirror, ...rest } = goal;
    return rest;
  }

  /** Whether a match chooses all requests of a route. */
  private isChosen(goal: RouteGoal, index: number): boolean {
    const host = this.test.onlyFor?.(this.user, this.world)[index];
    const { match = [] } = goal.kind === 'split' ? goal : {};
    return match.some((one) => host !== undefined && isDeepStrictEqual(one, { host }));
  }

  /** Requests that a match chooses go to the canary, all others by the weight, and copies as told. */
  private checkBeside(goal: RouteGoal, before: readonly Shares[]): void {
    const { sharesWith, mirrored } = this.test;
    const { weight = 0, match = [], mirror = 0 } = goal.kind === 'split' ? goal : {};
    const { objects } = this.server;
    const copies = mirrored?.(objects, this.world) ?? [];
    for (const [index, share] of copies.entries()) equal(share, this.isChosen(goal, index) ? 0 : mirror);
    const expect = (headers: Headers, part: number): void => {
      const now = sharesWith?.(objects, this.world, headers) ?? [];
      for (const [index, one] of now.entries()) {
        if (one === null) continue;
        const canary = this.isChosen(goal, index) ? 1 : part;
        near(one.canary, (before[index]?.stable ?? 0) * canary);
        near(one.stable, (before[index]?.stable ?? 0) * (1 - canary));
      }
    };
    for (const { match: one, headers } of MATCHES) expect(headers, match.includes(one) ? 1 : weight / 100);
    for (const headers of OTHERS) expect(headers, weight / 100);
  }

  checkUntouched(): void {
    deepStrictEqual(withoutVersions(this.server.objects), withoutVersions(this.user));
  }

  take(step: Step): RouteGoal | null {
    if ('goal' in step) return this.possible(step.goal);
    this.note();
    this.isBroken ||= step.edit.breaks === true;
    this.server.edit((objects) => step.edit.apply(objects, this.user));
    return null;
  }
}

/** The contract of every router, whatever the user has written and whatever anybody does in mid-release. */
export function routerSuite<Spec, Data>(tested: RouterUnderTest<Spec, Data>): void {
  const { router, worlds, edits, skip = [] } = tested;
  const met = new Set<string>();
  beforeEach(({ task, skip: leaveOut }) => {
    met.add(task.name);
    const skipped = skip.find((one) => one.case === task.name);
    if (skipped !== undefined) leaveOut(skipped.reason);
  });
  afterAll(() => {
    const unknown = skip.map((one) => one.case).filter((title) => !met.has(title));
    deepStrictEqual(unknown, [], 'an unknown case is left out');
  });

  it('reaches every goal from everywhere, splits exactly, and leaves the rest alone', () => {
    assert(
      property(worlds, steps(edits, router.supports), (world, taken) => {
        const run = new Run(tested, world);
        let goal: RouteGoal = { kind: 'split', weight: 0 };
        run.reach(goal);
        for (const step of taken) {
          goal = run.take(step) ?? goal;
          run.reach(goal);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('leaves exactly what the user wrote last', () => {
    assert(
      property(worlds, steps(edits, router.supports), (world, taken) => {
        const run = new Run(tested, world);
        run.reach({ kind: 'split', weight: 0 });
        for (const step of taken) {
          const goal = run.take(step);
          if (goal !== null) run.reach(goal);
        }
        run.reach(UNTOUCHED);
        if (!isDoubleFault(taken)) run.checkUntouched();
      }),
      { numRuns: 150 },
    );
  });

  it('continues after a crash between any two writes', () => {
    assert(
      property(worlds, steps(edits, router.supports), fc.array(fc.nat(2)), (world, taken, cuts) => {
        const run = new Run(tested, world);
        for (const [index, step] of taken.entries()) {
          const goal = run.take(step);
          if (goal !== null) run.pass(goal, cuts[index] ?? 1);
        }
        run.reach({ kind: 'split', weight: 50 });
        run.reach(UNTOUCHED);
        if (!isDoubleFault(taken)) run.checkUntouched();
      }),
      { numRuns: 150 },
    );
  });

  it('has nothing to do before it was asked for anything', () => {
    assert(
      property(worlds, (world) => {
        const run = new Run(tested, world);
        deepStrictEqual(run.writes(UNTOUCHED), []);
        run.checkReached(UNTOUCHED);
      }),
    );
  });

  it('keeps another Rollout off the traffic while a release has it, and only then', () => {
    assert(
      property(worlds, fc.integer({ min: 0, max: 100 }), (world, weight) => {
        const run = new Run(tested, world);
        const goal: RouteGoal = { kind: 'split', weight };
        const { plan } = run;
        run.reach(goal);
        const refused = router.preflight(run.request('two'));
        equal('problem' in refused && refused.problem.reason, 'TrafficOwned');
        for (const wish of [goal, UNTOUCHED])
          deepStrictEqual(router.writes(run.context('two', plan), wish), []);
        run.reach(UNTOUCHED);
        ok('plan' in router.preflight(run.request('two')));
      }),
    );
  });

  it('finds the originals again where a release was torn away in its middle', () => {
    assert(
      property(worlds, fc.integer({ min: 0, max: 100 }), (world, weight) => {
        const run = new Run(tested, world);
        const { plan } = run;
        run.reach({ kind: 'split', weight });
        const next = router.preflight(run.request());
        deepStrictEqual(JSON.parse(JSON.stringify(next)), { plan });
      }),
    );
  });
}
