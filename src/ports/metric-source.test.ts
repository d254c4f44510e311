import { describe, expect, it } from 'vitest';
import type { Sample } from '../analysis/evidence/sample.ts';
import { type MetricSource, metricSources } from './metric-source.ts';

const saying = (message: string): MetricSource => ({
  sample: async (): Promise<Sample> => ({ kind: 'noData', message }),
});
const hangs: MetricSource = { sample: () => new Promise(() => {}) };

describe('metricSources', () => {
  const sources = metricSources(
    new Map([
      ['prometheus', saying('usual')],
      ['pods', saying('scraped')],
      ['broken', hangs],
    ]),
    'prometheus',
  );

  it('asks the source that is named, and else the usual one', async () => {
    expect(await sources.sample('up', 0)).toMatchObject({ message: 'usual' });
    expect(await sources.sample('up', 0, 'pods')).toMatchObject({ message: 'scraped' });
  });

  it('names the existing sources if one is unknown', async () => {
    expect(await sources.sample('up', 0, 'thanos')).toEqual({
      kind: 'providerError',
      message: 'there is no source of metrics named thanos; the controller knows prometheus, pods, broken',
    });
  });

  it('lets a hanging source delay nobody else', async () => {
    const stuck = Array.from({ length: 100 }, (_, index) => sources.sample(`up${index}`, 0, 'broken'));
    expect(await sources.sample('up', 0)).toMatchObject({ message: 'usual' });
    expect(await Promise.race([Promise.any(stuck), Promise.resolve('still waits')])).toBe('still waits');
  });
});
