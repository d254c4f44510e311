import { describe, expect, it } from 'vitest';
import { RolloutSpec } from './rollout.ts';
import { fixedSteps } from './steps.ts';

const MINIMAL = {
  target: { name: 'ranker' },
  traffic: { istio: { virtualService: 'ranker' } },
  analysis: { templates: [{ name: 'http-generic' }] },
};

const ONE = { exact: '1' };
const TESTERS = { headers: { 'x-tester': { exact: 'yes' } }, cookies: { beta: ONE } };
const header = (name: string, condition: object): object => ({
  steps: [{ match: [{ headers: { [name]: condition } }] }],
});

const preview = (given: object): object => ({ blueGreen: { preview: given } });

function problemsOf(change: object): string[] {
  const parsed = RolloutSpec.safeParse({ ...MINIMAL, ...change });
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

describe('a Rollout', () => {
  it('needs a target, a router and a template; everything else has a default', () => {
    expect(RolloutSpec.parse(MINIMAL)).toMatchObject({
      target: { kind: 'Deployment' },
      analysis: { interval: '10s', minRequests: 50, falseAbortRate: '1%', onTimeout: 'hold' },
      deadlines: { start: '15m', step: '1h', promotion: '1h', drain: '5m' },
      onAbort: 'hold',
    });
    expect(fixedSteps(RolloutSpec.parse(MINIMAL)).map(({ weight }) => weight)).toEqual([10, 25, 50]);
  });

  it('can leave the weights to the evidence', () => {
    expect(RolloutSpec.parse({ ...MINIMAL, autoSteps: { max: 80 } }).autoSteps).toEqual({
      min: 10,
      max: 80,
      maxGrowth: 3,
      maxRisk: '0.5%',
    });
  });

  it.each<[object, string]>([
    [{ steps: [{ weight: 50 }, { weight: 10 }] }, 'steps: weights must ascend'],
    [{ steps: [{ weight: 10 }, { weight: 10 }] }, 'steps: weights must ascend'],
    [{ rollingUpdate: {} }, 'rollingUpdate has no router: take traffic away'],
    [{ traffic: undefined }, 'traffic must name a router'],
    [
      { traffic: undefined, rollingUpdate: {}, steps: [{ weight: 1 }] },
      'must have one of steps, autoSteps, rollingUpdate',
    ],
    [{ traffic: undefined, rollingUpdate: {}, approval: { at: ['100'] } }, 'approval.at: every gate'],
    [{ traffic: undefined, rollingUpdate: { bake: '2m', maxBake: '1m' } }, 'maxBake must be at least bake'],
    [{ traffic: undefined, rollingUpdate: { maxBake: '2h' } }, 'maxBake must be at most deadlines.step'],
    [{ steps: [{ weight: 10, mirror: 5 }] }, 'steps.0: must have exactly one of weight, match and mirror'],
    [{ steps: [{ bake: '5m' }] }, 'steps.0: must have exactly one of weight, match and mirror'],
    [{ steps: [{ weight: 10 }, { mirror: 5 }] }, 'steps: weights must ascend, after all steps with match'],
    [{ steps: [{ weight: 10 }, { match: [TESTERS] }] }, 'steps: weights must ascend, after all steps'],
    [{ steps: [{ match: [] }] }, 'steps.0.match: '],
    [
      { steps: [{ match: [{}] }] },
      'steps.0.match.0: must have a condition: name a header, a cookie or a host',
    ],
    [{ steps: [{ match: [{ headers: {} }] }] }, 'steps.0.match.0: must have a condition'],
    [{ steps: [{ match: [{ host: '*.example.com' }] }] }, 'must be one host name in small letters'],
    [
      preview({ host: 'Preview.example.com' }),
      'blueGreen.preview.host: must be one host name in small letters',
    ],
    [preview({ host: 'preview.example.com:8080' }), 'without wildcard, port and path'],
    [preview({ host: 'https://preview.example.com/' }), 'without wildcard, port and path'],
    [preview({}), 'blueGreen.preview: must have exactly one of match and host'],
    [preview({ host: 'preview.example.com', match: [TESTERS] }), 'must have exactly one of match and host'],
    [header('x', {}), 'must have exactly one of exact, prefix and regex'],
    [header('x', { exact: 'a', prefix: 'a' }), 'must have exactly one of exact, prefix and regex'],
    [header('x y', { exact: 'a' }), 'must be names of headers'],
    [header('Cookie', { exact: 'a' }), 'conditions on cookies stand in cookies'],
    [header('x', { regex: 'a(' }), 'must be a regular expression of RE2'],
    [header('x', { regex: '(?=a)b' }), 'must be a regular expression of RE2'],
    [{ steps: [{ match: [{ cookies: { 'a;b': { exact: 'a' } } }] }] }, 'must be names of cookies'],
    [{ steps: [{ match: [{ cookies: { a: ONE, b: ONE, c: ONE } }] }] }, 'must have at most 2 entries'],
    [
      { steps: Array.from({ length: 9 }, () => ({ match: [TESTERS, TESTERS] })) },
      'steps: the steps must have at most 16',
    ],
    [{ steps: [{ mirror: 5 }, { weight: 10 }], approval: { at: ['match'] } }, 'approval.at: every gate'],
    [{ steps: [{ mirror: 5 }, { weight: 10 }], approval: { at: ['mirror-2'] } }, 'approval.at: every gate'],
    [{ canary: { connect: {} }, steps: [{ mirror: 5 }, { weight: 1 }] }, 'canary.connect.weight must be'],
    [{ settle: '5' }, 'settle: must be a duration'],
    [{ analysis: { ...MINIMAL.analysis, interval: '500ms' } }, 'analysis.interval: must be at least 1s'],
    [
      { analysis: { ...MINIMAL.analysis, falseAbortRate: '0%' } },
      'analysis.falseAbortRate: must be a chance',
    ],
    [{ approval: { at: ['40'] } }, 'approval.at: every gate must be'],
    [{ approval: { at: ['friday'] } }, 'approval.at.0: must be a gate'],
    [
      { steps: [{ weight: 10 }], autoSteps: {} },
      'must have one of steps, autoSteps, rollingUpdate, blueGreen, abTest',
    ],
    [{ autoSteps: {}, blueGreen: {} }, 'must have one of steps, autoSteps, rollingUpdate, blueGreen, abTest'],
    [{ blueGreen: {}, canary: { replicas: 2 } }, 'take canary.replicas away'],
    [{ blueGreen: {}, canary: { mode: 'borrow' } }, 'leave canary.mode at surge'],
    [{ blueGreen: {}, analysis: { ...MINIMAL.analysis, promoteOn: 'proven' } }, 'write observed'],
    [{ blueGreen: { scaleDownDelay: '1h' } }, 'must be shorter than deadlines.step'],
    [{ abTest: { weight: 50, for: '1h' } }, 'abTest.for must be shorter than deadlines.step'],
    [{ abTest: { for: '30m' } }, 'abTest must have exactly one of weight and match'],
    [{ abTest: { weight: 50, for: '30m', decide: 'person' } }, 'needs the gate promotion'],
    [{ abTest: { weight: 100, for: '30m' } }, 'abTest.weight'],
    [{ abTest: { weight: 50, for: '30m' }, approval: { at: ['25'] } }, 'approval.at: every gate must be'],
    [{ blueGreen: {}, analysis: { ...MINIMAL.analysis, maxBake: '2m' } }, 'at least the bake of every step'],
    [{ blueGreen: {}, approval: { at: ['100'] } }, 'blueGreen has switch'],
    [{ approval: { at: ['switch'] } }, 'approval.at: every gate must be'],
    [{ autoSteps: { min: 60 } }, 'autoSteps: min must be at most max'],
    [{ autoSteps: { maxRisk: '0%' } }, 'autoSteps.maxRisk: must be a share above 0'],
    [{ autoSteps: { bake: '5m', maxBake: '2m' } }, 'autoSteps: maxBake must be at least bake'],
    [{ autoSteps: {}, approval: { at: ['10'] } }, 'have no gates of their own'],
    [{ steps: [{ weight: 10, bake: '5m', maxBake: '2m' }] }, 'steps.0: maxBake must be at least bake'],
    [
      { steps: [{ weight: 10, bake: '5m' }], analysis: { ...MINIMAL.analysis, maxBake: '2m' } },
      'analysis.maxBake must be at least the bake of every step',
    ],
    [
      { autoSteps: { bake: '5m' }, analysis: { ...MINIMAL.analysis, maxBake: '2m' } },
      'analysis.maxBake must be at least the bake of every step',
    ],
    [{ analysis: { ...MINIMAL.analysis, maxBake: '2h' } }, 'maxBake must be at most deadlines.step'],
    [{ steps: [{ weight: 10, maxBake: '2h' }] }, 'maxBake must be at most deadlines.step'],
    [{ autoSteps: { maxBake: '2h' } }, 'maxBake must be at most deadlines.step'],
    [{ canary: { connect: { weight: 10 } } }, 'canary.connect.weight must be below the weight of the first'],
    [{ canary: { connect: {} }, steps: [{ weight: 1 }] }, 'canary.connect.weight must be below'],
    [
      { canary: { connect: { weight: 5 } }, autoSteps: { min: 5 } },
      'below autoSteps.min): lower it, or raise',
    ],
    [{ canary: { connect: { weight: 0 } } }, 'canary.connect.weight: '],
    [{ canary: { connect: { weight: 1.5 } } }, 'canary.connect.weight: '],
    [{ canary: { connect: { for: '500ms' } } }, 'canary.connect.for: must be at least 1s'],
    [{ canary: { connect: { for: '1h' } } }, 'canary.connect.for must be shorter than deadlines.step'],
    [{ target: { name: 'Ranker' } }, 'target.name: must be the name of an object'],
  ])('%j is refused with the field and the fix', (change, problem) => {
    expect(problemsOf(change)).toContainEqual(expect.stringContaining(problem));
  });

  it.each<[object]>([
    [{ approval: { at: ['start', '25', 'promotion'] } }],
    [{ steps: [{ weight: 1 }, { weight: 100, bake: '1h30m' }] }],
    [{ steps: [{ weight: 40 }], approval: { at: ['40'] } }],
    [{ autoSteps: {}, approval: { at: ['start', 'promotion'] } }],
    [{ abTest: { weight: 50, for: '30m' }, approval: { at: ['50', 'promotion'] } }],
    [{ blueGreen: {}, approval: { at: ['start', 'switch', 'promotion'] } }],
    [{ blueGreen: { preview: { match: [{ headers: { 'x-preview': { exact: 'yes' } } }] } } }],
    [{ blueGreen: { scaleDownDelay: '30s' }, canary: { connect: { weight: 99 } } }],
    [{ autoSteps: { bake: '5m', maxBake: '30m' } }],
    [{ canary: { connect: { weight: 9, for: '59m' } } }],
    [{ canary: { connect: {} }, autoSteps: { min: 2 } }],
    [
      {
        steps: [{ weight: 10, bake: '5m', maxBake: '10m' }],
        analysis: { ...MINIMAL.analysis, maxBake: '2m', onInconclusive: 'promote' },
      },
    ],
    [{ steps: [{ match: [TESTERS] }, { mirror: 20 }, { match: [TESTERS] }, { weight: 10 }] }],
    [{ steps: [{ mirror: 20 }, { mirror: 100 }], approval: { at: ['mirror', 'mirror-2'] } }],
    [{ steps: [{ match: [TESTERS] }], canary: { connect: {} }, approval: { at: ['match'] } }],
    [header('x', { regex: '(?P<zone>eu|us)-[0-9]+' })],
  ])('%j is taken', (change) => {
    expect(problemsOf(change)).toEqual([]);
  });
});
