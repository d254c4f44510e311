import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/meta.ts';
import { viewOf } from '../../src/view/view-of.ts';
import { happen } from './happenings.ts';
import { ROUTES } from './istio-hands.ts';
import { SERVICE_ROUTING, TESTERS } from './routing.ts';
import { reach, routes, started, watch } from './scene.ts';
import type { World } from './world.ts';

const MATCH = { match: [TESTERS] };
const MIRROR = { mirror: 20 };
const WEIGHT = { weight: 50 };

const at = (steps: readonly object[], more: object = {}) => ({ policy: { steps, ...more } });

/** Fraction of the requests that the canary answers. */
const answered = ({ flow, releases }: World): number =>
  flow.shares.get(releases.at(-1)?.spec.canary.podTemplateHash ?? '') ?? 0;

/** Versions by the requests that each counts, in this second. */
const counted = (world: World): number =>
  world.mesh
    .received(world.flow, world.now)
    .shares.get(world.releases.at(-1)?.spec.canary.podTemplateHash ?? '') ?? 0;

const names = (world: World): unknown[] =>
  (routes(world) as { http: { name?: string }[] }).http.map(({ name }) => name);

describe('a step with a match', () => {
  it('gives the canary the testers and nobody else, and keeps them through the weights', async () => {
    const { world, witness } = await started(at([MATCH, WEIGHT]));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect([world.status().stepText, world.status().weight]).toEqual(['1/2 (match)', 0]);
    expect(answered(world)).toBeCloseTo(0.15);
    await world.until(
      'the weight',
      () => world.status().stage === 'Analysing' && world.status().weight === 50,
    );
    await watch(world, witness, 2);
    expect(answered(world)).toBeCloseTo(0.15 + 0.85 * 0.5);
    await reach(world, witness, 'Promoted');
    expect(routes(world)).toEqual(ROUTES);
    expect(witness.violations).toEqual([]);
  });

  it('rolls a bad version back that only testers have met', async () => {
    const { world, witness } = await started(at([MATCH, WEIGHT]));
    world.failures.set('v2', 0.5);
    world.push('v2');
    await reach(world, witness, 'Aborting');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(names(world)).toEqual([undefined]);
    await reach(world, witness, 'Aborted');
    expect(world.status().trail?.filter(({ phase }) => phase === 'Stepping.Shifting')).toHaveLength(1);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it('is withdrawn by the write that an abort begins with', async () => {
    const { world, witness } = await started(at([MATCH, MIRROR, WEIGHT]));
    world.push('v2');
    await world.until('the mirror', () => world.status().mirror === 20);
    await watch(world, witness, 1);
    expect(names(world)).toEqual(['sluice-match', undefined]);
    world.cluster.writes.length = 0;
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting');
    const written = world.cluster.writes.filter((one) => JSON.stringify(one).includes('VirtualService'));
    expect(written).toHaveLength(1);
    expect(JSON.stringify(routes(world))).not.toContain('sluice-canary');
  });

  it('comes back where somebody applies the routes as they were', async () => {
    const { world, witness } = await started(at([MATCH, WEIGHT]));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('applyRoutes', world, witness);
    expect(names(world)).toEqual([undefined]);
    await watch(world, witness, 3);
    expect(names(world)).toEqual(['sluice-match', undefined]);
    expect(witness.violations).toEqual([]);
  });

  it('waits at its gate, and at that of the step after it', async () => {
    const { world, witness } = await started(
      at([MATCH, MIRROR], { approval: { at: ['match', 'mirror', 'promotion'] } }),
    );
    world.push('v2');
    for (const gate of ['match', 'mirror', 'promotion']) {
      await world.until(`the gate ${gate}`, () => world.status().waitingFor === gate);
      world.editRelease((spec) => {
        spec['approvals'] = [...((spec['approvals'] ?? []) as object[]), { gate, by: 'ana' }];
      });
    }
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('has no pod without traffic: a canary that has lost all of them gets nothing', async () => {
    const { world, witness } = await started(at([MATCH, WEIGHT]));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    happen('canaryFlaps', world, witness);
    await reach(world, witness, 'Stepping.Recovering');
    expect(names(world)).toEqual([undefined]);
    await reach(world, witness, 'Stepping.Analysing');
    expect(names(world)).toEqual(['sluice-match', undefined]);
    expect(witness.violations).toEqual([]);
  });
});

describe('a step with a mirror', () => {
  it('has the canary judged on copies, and ends with its step', async () => {
    const { world, witness } = await started(at([MIRROR, WEIGHT]));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    await watch(world, witness, 2);
    expect([answered(world), counted(world)]).toEqual([0, 0.2]);
    expect(world.status().stepText).toBe('1/2 (mirror 20 %)');
    await world.until(
      'the weight',
      () => world.status().weight === 50 && world.status().stage === 'Analysing',
    );
    await watch(world, witness, 2);
    expect([answered(world), counted(world)]).toEqual([0.5, 0.5]);
    await reach(world, witness, 'Promoted');
    expect(routes(world)).toEqual(ROUTES);
    expect(witness.violations).toEqual([]);
  });

  it('rolls a bad version back of which nobody has got an answer', async () => {
    const { world, witness } = await started(at([MIRROR, WEIGHT]));
    world.failures.set('v2', 0.5);
    let most = 0;
    world.push('v2');
    await world.until('the end', () => {
      most = Math.max(most, answered(world));
      return world.place() === 'Aborted';
    });
    expect([world.status().reason, most]).toEqual(['AnalysisFailed', 0]);
    await watch(world, witness, 1);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it('can be all of a release', async () => {
    const { world, witness } = await started(at([MIRROR, { mirror: 100 }]));
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(routes(world)).toEqual(ROUTES);
    witness.end();
    expect(witness.violations).toEqual([]);
  });

  it('has as many pods as the copies need', async () => {
    const { world, witness } = await started({ ...at([{ mirror: 60 }, { weight: 10 }]), replicas: 5 });
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    expect(world.status().replicas).toBe(4);
    await world.until('the weight', () => world.status().weight === 10);
    expect(world.status().replicas).toBe(4);
    expect(witness.violations).toEqual([]);
  });
});

describe('clients that stay with their version', () => {
  it('have rules for their cookies while there is a weight, and none after an abort, by its first write', async () => {
    const { world, witness } = await started(
      at([MATCH, { weight: 10 }, WEIGHT], { sticky: { cookie: 'sv' } }),
    );
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    expect(names(world)).toEqual(['sluice-match', undefined]);
    await world.until(
      'the weight',
      () => world.status().weight === 10 && world.status().stage === 'Analysing',
    );
    await watch(world, witness, 2);
    expect(names(world)).toEqual(['sluice-match', 'sluice-sticky', undefined]);
    expect(JSON.stringify(routes(world))).toMatch(/"Set-Cookie":"sv=[a-z0-9]+\.10; Path=\/; Max-Age=86400/);
    expect(answered(world)).toBeCloseTo(0.15 + 0.85 * 0.1);
    world.cluster.writes.length = 0;
    happen('abort', world, witness);
    await reach(world, witness, 'Aborting');
    const written = world.cluster.writes.filter((one) => JSON.stringify(one).includes('VirtualService'));
    expect(written).toHaveLength(1);
    expect(names(world)).toEqual([undefined]);
    expect(JSON.stringify(routes(world))).not.toContain('Set-Cookie');
    await reach(world, witness, 'Aborted');
    expect(routes(world)).toEqual(ROUTES);
    expect(witness.violations).toEqual([]);
  });

  it('are refused where there are no routes', async () => {
    const { world, witness } = await started({
      ...at([WEIGHT], { sticky: {} }),
      routing: SERVICE_ROUTING,
    });
    world.push('v2');
    await watch(world, witness, 4);
    const progressing = world.status().conditions?.find(({ type }) => type === 'Progressing');
    expect(progressing).toMatchObject({
      reason: 'RouterCannot',
      message: expect.stringContaining('sticky: '),
    });
  });
});

const seen = (world: World) => viewOf({ release: world.releases.at(-1) ?? null, now: world.now });

describe('what people see', () => {
  it.each([
    [
      MATCH,
      'canary 0 %, stable 100 %; canary also all that are chosen by x-tester',
      'they come from different users',
    ],
    [
      MIRROR,
      'copies of 20 % to the canary, whose answers reach nobody',
      'copies of requests that stable answers',
    ],
  ])('of %j is what the canary gets, and how the versions compare', async (step, traffic, basis) => {
    const { world, witness } = await started(at([step, WEIGHT]));
    world.push('v2');
    await reach(world, witness, 'Stepping.Analysing');
    const { traffic: found, analysis, steps, next } = seen(world);
    expect(found.text).toContain(traffic);
    expect(analysis.basis).toContain(basis);
    expect(steps.map(({ name }) => name).slice(1)).toEqual(['50 %', 'promotion']);
    expect(next.what).toMatch(/^50 % when every metric has passed/);
    await world.until('the weight', () => world.status().weight === 50);
    expect(seen(world).traffic.canary).toBe(50);
    expect(seen(world).traffic.chosenBy).toBe(step === MATCH ? 'x-tester' : undefined);
    expect(seen(world).traffic.mirror).toBeUndefined();
    await reach(world, witness, 'Promoting.Updating');
    expect(seen(world).traffic.chosenBy).toBeUndefined();
  });

  it('never has the values of a match in it, which testers alone may know', async () => {
    const { world, witness } = await started(
      at([{ match: [TESTERS, { headers: { token: { exact: 'hunter3' } } }] }, WEIGHT]),
    );
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(
      JSON.stringify([seen(world), world.status().messages, world.cluster.recorded.map(({ note }) => note)]),
    ).not.toContain('hunter3');
  });
});

it('refuses what the routes cannot take, and writes nothing', async () => {
  const { world, witness } = await started(at([MIRROR, WEIGHT]));
  const theirs = { ...ROUTES, http: [{ ...ROUTES.http[0], mirror: { host: 'shadow' } }] };
  world.cluster.update('VirtualService', 'shop', 'model', (draft: KubeObject) => {
    draft['spec'] = theirs;
  });
  world.push('v2');
  await watch(world, witness, 4);
  expect([
    world.status().phase,
    world.status().conditions?.find(({ type }) => type === 'Progressing'),
  ]).toMatchObject([
    'Pending',
    { reason: 'RouteTakesNoMirror', message: expect.stringContaining('steps[].mirror: http route http[0]') },
  ]);
  expect(routes(world)).toEqual(theirs);
});
