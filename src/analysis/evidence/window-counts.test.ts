import { describe, expect, it } from 'vitest';
import type { Metric } from '../../api/analysis/analysis-template.ts';
import { slowerThan } from './histogram.ts';
import type { ArmSamples, Sample } from './sample.ts';
import { readArms } from './window-counts.ts';

type Counts = Readonly<Record<string, number>>;

const latency: Metric = {
  name: 'latency',
  latency: { buckets: 'b', unit: 's', quantile: '95%' },
  onNoData: 'wait',
  dryRun: false,
};
const errors: Metric = {
  name: 'errors',
  errors: { requests: 'r', failures: 'f' },
  onNoData: 'wait',
  dryRun: false,
};

function counters(label: string, counts: Counts): Sample {
  const series = Object.entries(counts).map(([name, value]) => ({
    labels: { pod: 'canary-1', [label]: name },
    value,
  }));
  return series.length === 0 ? { kind: 'noData', message: 'no series' } : { kind: 'vector', series };
}

const read = (metric: Metric, samples: readonly Omit<ArmSamples, 'metric' | 'arm' | 'promql'>[]) =>
  readArms(metric, {
    start: 0,
    end: 10_000,
    samples: samples.map((one) => ({ ...one, metric: metric.name, arm: 'canary', promql: '' })),
  }).canary;

describe('a container that was started again within the window', () => {
  it('has its fast requests counted as fast', () => {
    const start = counters('le', { '0.3': 19, '+Inf': 20 });
    const end = counters('le', { '0.3': 19, '+Inf': 19 });
    const found = read(latency, [{ part: 'buckets', start, end }]);
    expect(found).toMatchObject({ kind: 'latency', events: 19 });
    expect('histogram' in found && slowerThan(found.histogram, 0.3)).toBe(0);
  });

  it('has all its failures counted, also where their own counter did not fall', () => {
    const found = read(errors, [
      {
        part: 'requests',
        start: counters('status', { '200': 500, '500': 3 }),
        end: counters('status', { '200': 10, '500': 5 }),
      },
      {
        part: 'failures',
        start: counters('status', { '500': 3 }),
        end: counters('status', { '500': 5 }),
      },
    ]);
    expect(found).toEqual({ kind: 'errors', events: 15, bad: 5 });
  });
});
