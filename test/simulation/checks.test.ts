import { describe, expect, it } from 'vitest';
import { images, judgedBy, metricOf, reach, weights } from './scene.ts';

const REQUEST = { method: 'POST', path: '/predict', body: '{"input":1}' };
const GOLDEN = {
  cases: [
    { name: 'a-cat', request: REQUEST, expect: { fields: [{ path: 'class', equals: 'cat' }] } },
    {
      name: 'its-score',
      request: REQUEST,
      expect: { fields: [{ path: '/score', near: 0.5, tolerance: '1%' }] },
    },
  ],
};
const SHADOW = {
  requests: Array.from({ length: 60 }, (_, index) => ({ ...REQUEST, body: `{"input":${index}}` })),
  fields: [{ path: 'class' }, { path: 'score', tolerance: '5%' }],
  agreement: '95%',
  rate: 100,
};
const answer = (value: object, ms = 10) => ({ status: 200, body: JSON.stringify(value), ms });

describe('a golden check', () => {
  const golden = { name: 'answers', golden: GOLDEN };

  it('is asked of every canary pod before it gets any traffic, and of no other pod', async () => {
    const { world, witness } = await judgedBy([golden]);
    world.push('v2');
    await reach(world, witness, 'Stepping');
    expect(world.questions.map(({ image }) => image)).toEqual(['v2', 'v2', 'v2', 'v2']);
    expect(new Set(world.questions.map(({ pod }) => pod)).size).toBe(2);
    expect(world.questions[0]?.question.headers).toMatchObject({
      'user-agent': 'sluice',
      'x-sluice-check': 'answers',
      'x-sluice-release': world.release()?.metadata.name,
    });
    expect(metricOf(world, 'answers')).toMatchObject({
      verdict: 'pass',
      message: '4 of 4 answers of 2 canary pods as expected (minPass 100 %)',
      check: { runs: 1 },
    });
    await reach(world, witness, 'Promoted');
    expect(world.questions).toHaveLength(4);
    expect(metricOf(world, 'answers')?.verdict).toBe('pass');
    expect(witness.violations).toEqual([]);
  });

  it('that finds a wrong answer rolls back at once, with case, field, expected and got', async () => {
    const { world, witness } = await judgedBy([golden]);
    world.answer = (image) => answer({ class: image === 'v2' ? 'dog' : 'cat', score: 0.5 });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(world.status().message).toMatch(
      /^answers: 0 of 2 answers of 2 canary pods as expected \(minPass 100 %\); case a-cat on pod \S+: class: expected "cat", got "dog"$/,
    );
    expect(world.status().exposedAt).toBeUndefined();
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
    expect(witness.violations).toEqual([]);
  });

  it('that gets no answer is repeated, and ends at the deadline of the start', async () => {
    const { world, witness } = await judgedBy([golden]);
    world.answer = () => 'connect ECONNREFUSED';
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('StartDeadlineExceeded');
    expect(world.status().message).toMatch(
      /answers: case a-cat has no answer of pod \S+: POST http:\/\/\S+:8080\/predict: connect ECONNREFUSED/,
    );
    expect(metricOf(world, 'answers')).toMatchObject({ verdict: 'noData', windows: 0 });
  });

  it('continues once the pods answer', async () => {
    const { world, witness } = await judgedBy([golden]);
    let down = true;
    world.answer = () => (down ? 'connect ECONNREFUSED' : answer({ class: 'cat', score: 0.5 }));
    world.push('v2');
    await world.until('it has been tried', () => metricOf(world, 'answers') !== undefined);
    down = false;
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('with onNoData abort rolls back after three runs without an answer', async () => {
    const { world, witness } = await judgedBy([{ ...golden, onNoData: 'abort' }]);
    world.answer = () => ({ status: 503, body: '', ms: 1 });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(world.status().message).toContain('HTTP 503, 3 runs in a row (onNoData: abort)');
  });

  it('that is only shown (dryRun) stops nothing', async () => {
    const { world, witness } = await judgedBy([{ ...golden, dryRun: true }]);
    world.answer = () => answer({ class: 'dog' });
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(metricOf(world, 'answers')?.verdict).toBe('fail');
  });

  it('survives a controller that ends again and again while it asks', async () => {
    const { world, witness } = await judgedBy([golden]);
    let lives = 5;
    world.push('v2');
    await world.until('it has been asked five times', () => {
      const isAsking = world.place() === 'Starting.Loading' && world.questions.length > 0;
      if (isAsking) {
        lives -= 1;
        world.restart();
      }
      return lives === 0;
    });
    await reach(world, witness, 'Promoted');
    expect(metricOf(world, 'answers')).toMatchObject({ verdict: 'pass', check: { runs: 1 } });
    expect(witness.violations).toEqual([]);
  });

  it('is not asked where the revision has served before (rollbackWindow)', async () => {
    const { world, witness } = await judgedBy([golden], { rollbackWindow: { revisions: 2 } });
    world.push('v2');
    await reach(world, witness, 'Promoted');
    const before = world.questions.length;
    world.push('v1');
    await world.until('there is another Release', () => world.releases.length === 2);
    await reach(world, witness, 'Promoted');
    expect(world.questions).toHaveLength(before);
  });
});

describe('a shadow check', () => {
  const shadow = { name: 'same-answers', shadow: SHADOW };

  it('asks both versions the same, and an agreeing version continues', async () => {
    const { world, witness } = await judgedBy([shadow]);
    world.push('v2');
    await reach(world, witness, 'Stepping');
    const asked = (image: string) =>
      world.questions.filter((one) => one.image === image).map(({ question }) => question.body);
    expect(new Set(asked('v2'))).toEqual(new Set(asked('v1')));
    expect(asked('v2')).toHaveLength(60);
    expect(metricOf(world, 'same-answers')).toMatchObject({
      verdict: 'pass',
      message: 'agreement 100 % against at least 95 % (0 of 60 answers differ)',
    });
    await reach(world, witness, 'Promoted');
  });

  it('rolls one back that answers otherwise in a share of cases, before any traffic', async () => {
    const { world, witness } = await judgedBy([shadow]);
    world.answer = (image, { body }) => {
      const input = Number(/[0-9]+/.exec(body ?? '')?.[0]);
      return answer({ class: image === 'v2' && input % 4 === 0 ? 'dog' : 'cat', score: 0.5 });
    };
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(world.status().message).toMatch(
      /^same-answers: agreement 75 % against at least 95 % \(15 of 60 answers differ, such as POST \/predict: class: "dog" against "cat" of stable\)/,
    );
    expect(world.status().exposedAt).toBeUndefined();
  });

  it('at each step holds the windows back until the sample has been sent', async () => {
    const { world, witness } = await judgedBy([{ ...shadow, shadow: { ...SHADOW, at: 'step' } }]);
    world.push('v2');
    await world.until('the weight is written', () => weights(world).includes(10));
    const raised = world.now;
    await world.until('the sample is sent', () => world.questions.length > 0);
    // The policy's `settle` is one second.
    expect(world.now).toBeGreaterThanOrEqual(raised + 1_000);
    await reach(world, witness, 'Promoted');
    expect(world.questions).toHaveLength(3 * 2 * 60);
    expect(metricOf(world, 'same-answers')).toMatchObject({ verdict: 'pass', check: { runs: 3 } });
    expect(witness.violations).toEqual([]);
  });

  it('that takes its time at a step is in no window of the other metrics', async () => {
    const slow = { ...SHADOW, requests: SHADOW.requests.slice(0, 10), at: 'step', rate: 1 };
    const { world, witness } = await judgedBy([{ ...shadow, shadow: slow }]);
    world.push('v2');
    await world.until('the sample is being sent', () => world.questions.length > 0);
    const [began, asked] = [world.now, world.metrics.asked];
    await world.until('the sample has been sent', () => world.questions.length === 20);
    // A window has two seconds: without the check four would have been read.
    expect(world.now - began).toBeGreaterThan(8_000);
    expect(world.metrics.asked).toBe(asked);
    await reach(world, witness, 'Promoted');
    expect(metricOf(world, 'error-rate')?.verdict).toBe('pass');
  });

  it('at a step that finds worse answers takes the weight away', async () => {
    const { world, witness } = await judgedBy([{ ...shadow, shadow: { ...SHADOW, at: 'step' } }]);
    world.answer = (image) => answer({ class: 'cat', score: image === 'v2' ? 0.9 : 0.5 });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(weights(world)).toHaveLength(1);
  });
});

describe('before a release with checks', () => {
  it.each([
    ['no ConfigMap', undefined, 'metric answers: golden: no checks/cases'],
    ['no JSON', '{', 'key cases of ConfigMap checks is no JSON'],
    ['another shape', '[{"name":"a"}]', '[0] request: '],
    [
      'a path',
      '[{"name":"a","request":{"path":"predict"}}]',
      'case a: request.path: "predict" must be a path',
    ],
    [
      'a pattern',
      '[{"name":"a","request":{"path":"/"},"expect":{"fields":[{"path":"x","matches":"(?=a)"}]}}]',
      'matches: "(?=a)" is no pattern of RE2',
    ],
  ])('%s is reported while nothing has been changed', async (_name, text, message) => {
    const { world, witness } = await judgedBy([
      { name: 'answers', golden: { configMap: { name: 'checks', key: 'cases' } } },
    ]);
    if (text !== undefined) world.texts.set('checks/cases', text);
    world.push('v2');
    await world.until('it waits', () => world.status().reason === 'InvalidCheck');
    expect(world.status()).toMatchObject({ phase: 'Pending' });
    expect(world.status().message).toContain(message);
    world.texts.set('checks/cases', JSON.stringify(GOLDEN.cases));
    await reach(world, witness, 'Promoted');
  });
});
