import { z } from 'zod';
import type { Template } from '../../workload/workload.ts';

/** Assumed interval of scrapes, which the pod does not show. */
const SCRAPE_SECONDS = 5;
/** Kubernetes' defaults of a probe. */
const PERIOD_SECONDS = 10;

const Probe = z.looseObject({
  httpGet: z.unknown(),
  periodSeconds: z.number().positive().catch(PERIOD_SECONDS),
});
const Container = z.looseObject({
  readinessProbe: Probe.optional().catch(undefined),
  livenessProbe: Probe.optional().catch(undefined),
});
const Pod = z.looseObject({
  spec: z.looseObject({ containers: z.array(Container).catch([]) }).catch({ containers: [] }),
});

/** The maximum number of requests by probes and scrapes to a pod of this template within some milliseconds. */
export function probesWithin(template: Template, ms: number): number {
  const { containers } = Pod.parse(template).spec;
  const periods = containers
    .flatMap(({ readinessProbe, livenessProbe }) => [readinessProbe, livenessProbe])
    .flatMap((probe) => (probe?.httpGet === undefined ? [] : [probe.periodSeconds]));
  return [SCRAPE_SECONDS, ...periods].reduce((sum, period) => sum + Math.floor(ms / 1_000 / period) + 1, 0);
}
