import { describe, expect, it } from 'vitest';
import { NAMESPACE } from './fixtures.ts';
import { ERRORS, images, judgedBy, metricOf, reach } from './scene.ts';

const webhook = (fields: object = {}) => ({
  name: 'quality',
  webhook: { url: 'https://judge.example/v1', secret: { key: 'judge' }, count: 2, ...fields },
});

describe('a webhook', () => {
  it('is asked in every step as often as required, with the facts of the step', async () => {
    const { world, witness } = await judgedBy([webhook()]);
    world.push('v2');
    await reach(world, witness, 'Promoted');
    const steps = world.outside.judged.map(({ step }) => step);
    for (const step of new Set(steps))
      expect(steps.filter((one) => one === step).length).toBeGreaterThanOrEqual(2);
    expect(new Set(steps).size).toBe(world.outside.judged[0]?.steps);
    expect(new Set(world.outside.judged.map(({ id }) => id)).size).toBe(steps.length);
    for (const { window, weight, canary, metrics } of world.outside.judged) {
      expect(Date.parse(window.end)).toBeGreaterThan(Date.parse(window.start));
      expect(weight).toBeGreaterThan(0);
      expect(canary.images).toEqual(['v2']);
      expect(metrics.map(({ name }) => name)).toEqual(['error-rate']);
    }
    expect(metricOf(world, 'quality')).toMatchObject({ verdict: 'pass', measured: { outcomes: 'pp' } });
    expect(witness.violations).toEqual([]);
  });

  it('that says fail rolls back at once with its message', async () => {
    const { world, witness } = await judgedBy([webhook()]);
    world.outside.judge = () => ({ kind: 'fail', message: 'F1 0.61' });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.outside.judged).toHaveLength(1);
    expect(world.status()).toMatchObject({ reason: 'AnalysisFailed' });
    expect(world.status().message).toMatch(
      /^quality: says fail: F1 0\.61, failed in 1 of 1 measurement: more than/,
    );
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
  });

  it('that answers a number is held against the bounds', async () => {
    const { world, witness } = await judgedBy([{ ...webhook(), min: '0.7' }]);
    world.outside.judge = ({ body }) => {
      const { step } = JSON.parse(body) as { step: number };
      return { kind: 'value', value: step === 0 ? 0.74 : 0.61, message: 'F1' };
    };
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().message).toContain('quality: 0.61 against at least 0.7 (F1), failed in 1 of 1');
  });

  it('that answers a number which has no bound decides nothing', async () => {
    const { world } = await judgedBy([webhook()]);
    world.outside.judge = () => ({ kind: 'value', value: 0.61, message: '' });
    world.push('v2');
    await world.until('it has answered', () => metricOf(world, 'quality')?.verdict === 'providerError');
    expect(metricOf(world, 'quality')?.message).toContain('has no bound for it: set max, min or failure');
    expect(world.status().phase).toBe('Stepping');
  });

  it('that does not answer is asked again with pauses, and the step never passes', async () => {
    const { world, witness } = await judgedBy([webhook()]);
    world.outside.judge = () => ({ kind: 'providerError', message: 'answered 500, 3 times' });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status()).toMatchObject({ reason: 'StepDeadlineExceeded' });
    expect(world.status().message).toContain('quality: answered 500, 3 times');
    expect(world.outside.judged.length).toBeGreaterThan(2);
    expect(world.outside.judged.length).toBeLessThan(8);
    expect(new Set(world.outside.judged.map(({ id }) => id)).size).toBe(world.outside.judged.length);
  });

  it('that answers in the end lets the release continue', async () => {
    const { world, witness } = await judgedBy([webhook()]);
    world.outside.judge = () =>
      world.outside.judged.length < 3
        ? { kind: 'providerError', message: 'HTML' }
        : { kind: 'pass', message: '' };
    world.push('v2');
    await reach(world, witness, 'Promoted');
    expect(witness.violations).toEqual([]);
  });

  it('that hangs holds up no other metric', async () => {
    const { world, witness } = await judgedBy([webhook()]);
    world.outside.judge = () => 'hang';
    world.push('v2');
    await world.until('it is asked', () => world.outside.judged.length === 1);
    world.failures.set('v2', 0.9);
    await reach(world, witness, 'Aborted');
    expect(world.status().message).toContain('error-rate: ');
    expect(world.outside.judged).toHaveLength(1);
  });

  it('is not asked before its delay', async () => {
    const { world } = await judgedBy([webhook({ initialDelay: '10s' })]);
    world.push('v2');
    await world.until('it is asked', () => world.outside.judged.length === 1);
    const { window } = world.outside.judged[0] ?? {};
    expect(Date.parse(window?.end ?? '') - Date.parse(window?.start ?? '')).toBeGreaterThanOrEqual(10_000);
    expect(metricOf(world, 'error-rate')?.verdict).toBe('pass');
  });

  it('continues counting after the controller ends', async () => {
    const { world, witness } = await judgedBy([webhook({ count: 3 })]);
    world.push('v2');
    await world.until('it was asked twice', () => world.outside.judged.length === 2);
    world.restart();
    await reach(world, witness, 'Promoted');
    const { verdict, check } = metricOf(world, 'quality') ?? {};
    expect(verdict).toBe('pass');
    // A question that was answered but not yet recorded is asked again with the same id.
    expect(new Set(world.outside.judged.map(({ id }) => id)).size).toBe(check?.runs);
    expect(witness.violations).toEqual([]);
  });
});

describe('a job', () => {
  const template = { spec: { containers: [{ name: 'eval', image: 'eval:1' }] } };
  const job = (fields: object = {}) => ({ name: 'holdout', job: { template, ...fields } });

  it.each(['start', 'step'])('that ends well lets the release continue (at: %s)', async (at) => {
    const { world, witness } = await judgedBy([job({ at })]);
    world.push('v2');
    await reach(world, witness, 'Promoted');
    const { steps = [] } = world.release()?.spec.policy ?? {};
    expect(world.outside.jobs.made).toHaveLength(at === 'start' ? 1 : steps.length);
    expect(world.outside.jobs.removed).toEqual([]);
    expect(witness.violations).toEqual([]);
  });

  it.each([
    ['start', false],
    ['step', true],
  ])('that fails rolls back (at: %s)', async (at, exposed) => {
    const { world, witness } = await judgedBy([job({ at })]);
    world.outside.jobs.fate = () => ({ exitCode: 3, message: 'F1 0.61' });
    world.push('v2');
    await reach(world, witness, 'Aborted');
    expect(world.status().reason).toBe('AnalysisFailed');
    expect(world.status().message).toMatch(
      /^holdout: container eval of Job \S+ ended with exit code 3: F1 0\.61$/,
    );
    expect(world.status().exposedAt !== undefined).toBe(exposed);
    expect(images(world)).toEqual(['v1', 'v1', 'v1']);
  });

  it('that runs says how far it is, and one of a step that is skipped is deleted', async () => {
    const { world, witness } = await judgedBy([job()]);
    world.outside.jobs.fate = () => 'running';
    world.push('v2');
    await world.until(
      'it says so',
      () => metricOf(world, 'holdout')?.message.endsWith('is running') === true,
    );
    world.cluster.update('Release', NAMESPACE, world.release()?.metadata.name ?? '', (draft) => {
      (draft['spec'] as { skipStep?: number }).skipStep = 0;
    });
    await world.until('the next one runs', () => world.outside.jobs.made.length === 2);
    world.outside.jobs.fate = () => ({ exitCode: 0 });
    await reach(world, witness, 'Promoted');
    const [first, second] = world.outside.jobs.made;
    expect(first).not.toBe(second);
    expect(world.outside.jobs.removed).toEqual([first]);
  });

  it('is made once, however often the controller ends', async () => {
    const { world, witness } = await judgedBy([job({ at: 'start' })]);
    world.outside.jobs.fate = () => 'running';
    let lives = 5;
    world.push('v2');
    await world.until('it has ended five times', () => {
      if (world.outside.jobs.made.length > 0) {
        lives -= 1;
        world.restart();
      }
      return lives === 0;
    });
    world.outside.jobs.fate = () => ({ exitCode: 0 });
    await reach(world, witness, 'Promoted');
    expect(world.outside.jobs.made).toHaveLength(1);
  });

  it.each([
    ['start', 'Starting.Loading'],
    ['step', 'Stepping.Analysing'],
  ])('that runs is deleted by a roll-back (at: %s)', async (at, place) => {
    const { world, witness } = await judgedBy([job({ at })]);
    world.outside.jobs.fate = () => 'running';
    world.push('v2');
    await world.until('it runs', () => world.place() === place && world.outside.jobs.made.length === 1);
    world.cluster.update(
      'Release',
      world.release()?.metadata.namespace ?? '',
      world.release()?.metadata.name ?? '',
      (draft) => {
        (draft['spec'] as { abort?: object }).abort = { reason: 'enough' };
      },
    );
    await reach(world, witness, 'Aborted');
    expect(world.outside.jobs.removed).toEqual(world.outside.jobs.made);
  });

  it('of a controller that has ended is deleted by a roll-back that the next one does', async () => {
    const { world, witness } = await judgedBy([job()]);
    world.outside.jobs.fate = () => 'running';
    world.push('v2');
    await world.until('it runs', () => world.outside.jobs.made.length === 1);
    world.cluster.update('Release', NAMESPACE, world.release()?.metadata.name ?? '', (draft) => {
      (draft['spec'] as { abort?: object }).abort = { reason: 'enough' };
    });
    world.restart();
    await reach(world, witness, 'Aborted');
    expect(world.outside.jobs.removed).toEqual(world.outside.jobs.made);
  });

  it('that was deleted by somebody is run again', async () => {
    const { world, witness } = await judgedBy([job()]);
    world.outside.jobs.fate = () => 'running';
    world.push('v2');
    await world.until('it runs', () => world.outside.jobs.made.length === 1);
    world.outside.jobs.all.clear();
    world.outside.jobs.fate = () => ({ exitCode: 0 });
    await reach(world, witness, 'Promoted');
    expect(world.outside.jobs.made.length).toBeGreaterThan(1);
    expect(world.outside.jobs.made[0]).not.toBe(world.outside.jobs.made[1]);
  });

  it('that the API server refuses is reported before anything is changed', async () => {
    const { world } = await judgedBy([job()]);
    world.outside.jobs.refusal = 'spec.template.spec.containers[0].name: Invalid value';
    world.push('v2');
    await world.until('it is reported', () => world.status().reason === 'JobRefused');
    expect(world.status().message).toContain('metric holdout: job: spec.template.spec.containers[0].name');
    expect(world.status().phase).toBe('Pending');
  });

  it('whose pods a Service would send traffic to is reported before anything is changed', async () => {
    const { world } = await judgedBy([]);
    const [service] = world.cluster.store.list('Service', NAMESPACE);
    const { selector = {} } = (service?.['spec'] ?? {}) as { selector?: Record<string, string> };
    world.cluster.update('ClusterAnalysisTemplate', '', 'errors', (draft) => {
      draft['spec'] = {
        metrics: [ERRORS, job({ template: { ...template, metadata: { labels: selector } } })],
      };
    });
    world.push('v2');
    await world.until('it is reported', () => world.status().reason === 'JobGetsTraffic');
    expect(world.status().message).toContain(`Service ${service?.metadata.name} selects pods`);
  });
});
