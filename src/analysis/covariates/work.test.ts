import { describe, expect, it } from 'vitest';
import { EXPLAINED_TTFT, type LlmArm, PLAIN_TTFT, windowsOf } from '../../../test/fixtures/llm-world.ts';
import type { ArmSamples, Sample, WindowSamples } from '../evidence/sample.ts';
import { recentWith } from './recent.ts';
import { timesOf } from './times.ts';
import { type Work, workIn } from './work.ts';

const ARM: LlmArm = { pods: 2, rate: 10, prompt: 800, hits: 0.5, version: 1 };
const COVARIATES = EXPLAINED_TTFT.latency?.explainedBy ?? [];

/** How many times as long the canary may take by its work in one window. */
const timesIn = (work: Work | null): number =>
  work === null ? Number.NaN : timesOf(COVARIATES, recentWith(undefined, work));

function windowOf(canary: Partial<LlmArm>): WindowSamples {
  const world = { canary: { ...ARM, ...canary }, stable: ARM, capacity: 40, spread: 0.5 };
  const { value } = windowsOf(world, 1).next();
  if (value === undefined) throw new Error('no window');
  return value as WindowSamples;
}

/** The same series as one router has them. */
const routed = (sample: Sample): Sample =>
  sample.kind === 'vector'
    ? {
        ...sample,
        series: sample.series.map(({ labels: { pod = '', ...labels }, value }) => ({
          labels: { ...labels, pod: 'router', target: pod },
          value,
        })),
      }
    : sample;

/** The same samples as one router counts them for both versions. */
function onRouter({ samples, ...window }: WindowSamples): WindowSamples {
  return {
    ...window,
    samples: samples.map((one): ArmSamples => ({ ...one, start: routed(one.start), end: routed(one.end) })),
  };
}

describe('the work in a window', () => {
  it('has the load of pods, and figures by requests', () => {
    const work = workIn(EXPLAINED_TTFT, windowOf({ rate: 20 }));
    expect(work?.load.canary.per).toBe(20);
    expect((work?.load.canary.sum ?? 0) / (work?.load.stable.sum ?? 1)).toBeCloseTo(2, 0);
    expect(work?.figures.map(({ name }) => name)).toEqual(COVARIATES.map(({ name }) => name));
    expect(timesIn(work)).toBeGreaterThan(1.5);
  });

  it('has no load where one process counts for both versions', () => {
    const work = workIn(EXPLAINED_TTFT, onRouter(windowOf({ rate: 20 })));
    expect(work?.load.canary.per).toBe(0);
    expect(timesIn(work)).toBe(1);
  });

  it('is not known without covariates, nor without requests of both', () => {
    expect(workIn(PLAIN_TTFT, windowOf({}))).toBeNull();
    expect(workIn(EXPLAINED_TTFT, windowOf({ rate: 0 }))).toBeNull();
  });
});
