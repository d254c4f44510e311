import { describe, expect, it } from 'vitest';
import { ROUTERS } from '../../traffic/registry.ts';
import { rolloutFromAnnotations } from './annotations.ts';

/** Reads the annotations, given without their prefix, of a Deployment named `ranker`. */
function read(annotations: Record<string, string>) {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`sluice.dev/${key}`, value]);
  return rolloutFromAnnotations(
    { metadata: { name: 'ranker', annotations: Object.fromEntries(prefixed) } },
    { analysisTemplate: 'http-generic', routers: ROUTERS },
  );
}

describe('what does not go together', () => {
  it.each<[Record<string, string>, string, string]>([
    [{ match: 'header:a=b', steps: 'auto' }, 'match', 'has no place beside sluice.dev/steps: auto'],
    [{ match: 'header:a=b', 'rolling-update': 'true' }, 'match', 'beside sluice.dev/rolling-update'],
    [{ mirror: '20', steps: 'blue-green' }, 'mirror', 'has no place beside sluice.dev/steps: blue-green'],
    [{ mirror: '20', 'ab-test': '50,30m' }, 'mirror', 'has no place beside sluice.dev/ab-test'],
    [{ sticky: 'true', 'rolling-update': 'true' }, 'sticky', 'beside sluice.dev/rolling-update'],
    [{ 'ab-test': '50,30m', steps: '10' }, 'ab-test', 'is in place of sluice.dev/steps'],
    [{ 'ab-test': '50,30m', match: 'header:a=b' }, 'ab-test', 'needs either a weight'],
    [{ 'ab-test': '30m' }, 'ab-test', 'needs either a weight'],
    [{ 'ab-test': '50,30m', bake: '1m' }, 'bake', 'stands in sluice.dev/ab-test'],
    [{ 'ab-test': '50,2h' }, 'rollout', 'abTest.for must be shorter than deadlines.step'],
    [{ match: 'header:a=b', approval: 'mirror' }, 'approval', 'start, promotion, match, 10, 25, 50'],
  ])('%j', (given, annotation, message) => {
    expect(read({ rollout: 'true', ...given })).toMatchObject({
      problems: [
        { annotation: `sluice.dev/${annotation}`, message: expect.stringContaining(message) as string },
      ],
    });
  });
});

describe('a rolling update by annotations', () => {
  it('has neither steps nor a router', () => {
    const found = read({ rollout: 'true', 'rolling-update': 'true' });
    expect(found).not.toHaveProperty('spec.steps');
    expect(found).not.toHaveProperty('spec.traffic');
    expect(found).toHaveProperty('spec.rollingUpdate');
  });

  it.each([
    [{ steps: '10' }, 'rolling-update', 'has no steps: take away sluice.dev/steps'],
    [{ router: 'service' }, 'rolling-update', 'has no router: take away the annotations'],
    [{ approval: '25' }, 'approval', 'the gates of this workload are start, promotion'],
  ])('is refused beside %j', (more, annotation, message) => {
    expect(read({ rollout: 'true', 'rolling-update': 'true', ...more })).toMatchObject({
      problems: [
        { annotation: `sluice.dev/${annotation}`, message: expect.stringContaining(message) as string },
      ],
    });
  });

  it('names one router at most', () => {
    expect(read({ rollout: 'true', router: 'service', service: 'ranker' })).toMatchObject({
      problems: [{ message: expect.stringContaining('several routers (service, istio)') as string }],
    });
  });
});
