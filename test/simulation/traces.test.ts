import { describe, expect, it } from 'vitest';
import { TRACEPARENT } from '../../src/api/annotations/annotations.ts';
import { traceOf } from '../../src/release/trace/trace.ts';
import { wrongSpans } from './traces.ts';
import { World } from './world.ts';

async function released(failures: number, traceparent?: string) {
  const world = new World();
  world.failures.set('v2', failures);
  await world.begin();
  world.eager = true;
  if (traceparent !== undefined)
    world.editDeployment((_spec, { metadata }) => {
      metadata.annotations = { ...metadata.annotations, [TRACEPARENT]: traceparent };
    });
  world.push('v2');
  await world.run(240);
  const [release] = world.cluster.all('Release');
  if (release === undefined) throw new Error('there is no Release');
  const { spans } = world.tracing;
  return { release, spans, trace: traceOf(release), places: spans.filter(({ name }) => /^[A-Z]/.test(name)) };
}

describe('the trace of a release', () => {
  it.each([
    ['promoted', 0, 'Promoted'],
    ['rolled back', 0.9, 'Aborted'],
  ])(
    'that is %s covers all of it, place after place, and says how it ended',
    async (_how, failures, outcome) => {
      const { release, spans, trace, places } = await released(failures);
      expect(wrongSpans(spans)).toEqual([]);
      const [root, ...others] = spans.filter(({ name }) => name === 'release model');
      expect(others).toEqual([]);
      expect(root).toMatchObject({ id: trace?.root, attributes: { 'sluice.outcome': outcome } });
      expect(root?.failed === undefined).toBe(outcome === 'Promoted');
      expect(root?.parent).toBeUndefined();
      const { trail } = release['status'] as { trail: { phase: string }[] };
      expect(places.map(({ name }) => name)).toEqual([
        'Pending',
        ...trail.slice(0, -1).map(({ phase }) => phase),
      ]);
      places.slice(1).forEach(({ from }, index) => expect(from).toBe(places[index]?.to));
      expect([places[0]?.from, places.at(-1)?.to]).toEqual([root?.from, root?.to]);
      expect(spans.some(({ name }) => name.startsWith('verdict '))).toBe(true);
      const ids = new Set(spans.map(({ id }) => id));
      expect(spans.filter(({ parent }) => parent !== undefined && !ids.has(parent))).toEqual([]);
    },
  );

  it('joins that of the pipeline, and is not sent where the pipeline records none', async () => {
    const [id, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const joined = await released(0, `00-${id}-${span}-01`);
    expect(new Set(joined.spans.map(({ trace }) => trace))).toEqual(new Set([id]));
    expect(joined.spans.find(({ name }) => name === 'release model')?.parent).toBe(span);
    const unsampled = await released(0, `00-${id}-${span}-00`);
    expect(unsampled.trace?.id).toBe(id);
    expect(unsampled.spans).toEqual([]);
  });

  it('is one of its own where the annotation is wrong, and the Deployment says so', async () => {
    const { trace, spans, release } = await released(0, '00-zz');
    expect(trace?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(spans.length).toBeGreaterThan(0);
    expect(release.metadata.annotations?.[TRACEPARENT]).toContain(trace?.id);
  });
});
