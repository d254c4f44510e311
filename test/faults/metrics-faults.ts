import { setTimeout as delay } from 'node:timers/promises';
import type { Allowance } from '../../hack/testbed/evidence/trial.ts';
import type { MetricsMood } from '../../hack/testbed/proxies/metrics-proxy.ts';
import type { Fault, PhaseFault } from './fault.ts';

const LAST_MS = 6_000;

function metrics(
  mood: MetricsMood,
  about: string,
  { allowance = {}, ...rest }: Pick<PhaseFault, 'mayHold'> & { allowance?: Partial<Allowance> } = {},
): Fault {
  return {
    name: `metrics-${mood}`,
    about,
    at: 'phase',
    places: ['Pending', 'Stepping.Analysing', 'Aborting.Draining'],
    longer: 15_000,
    allowance: { exposureMs: 45_000, ...allowance },
    ...rest,
    inject: async (scene) => {
      scene.metrics.become(mood);
      await delay(LAST_MS);
      scene.metrics.become('sound');
    },
  };
}

/** What can happen to Prometheus. */
export const METRICS_FAULTS: readonly Fault[] = [
  metrics('down', 'Prometheus breaks every connection'),
  metrics('slow', 'Prometheus does not answer'),
  metrics('empty', 'Prometheus has no series'),
  metrics('nan', 'every value of Prometheus is NaN'),
  metrics('page', 'a login page answers for Prometheus'),
  // Wrong numbers give a wrong verdict, which must still be carried out without harm. They cannot be distinguished from
  // evidence, so they may outweigh it for as long as a step lasts.
  metrics('wrong', 'every value of Prometheus is random', {
    allowance: { ends: ['Promoted', 'Aborted'], exposureMs: 90_000 },
    mayHold: true,
  }),
];
