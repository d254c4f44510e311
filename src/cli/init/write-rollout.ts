import type { TemplateFit } from './find-metrics.ts';
import type { TrafficFound } from './find-traffic.ts';

/** What a Rollout is written from. */
export interface Found {
  readonly namespace: string;
  readonly deployment: string;
  readonly traffic: TrafficFound;
  readonly templates: readonly Pick<TemplateFit, 'kind' | 'name'>[];
  /** What should be said above the templates. */
  readonly remark?: string;
}

/** The text of a Rollout for a Deployment, with what one may want to change. */
export function rolloutText({ namespace, deployment, traffic, templates, remark }: Found): string {
  const { virtualService, service, routes } = traffic;
  const istio = [
    `virtualService: ${virtualService}`,
    ...(routes === undefined ? [] : [`routes: [${routes.map((name) => JSON.stringify(name)).join(', ')}]`]),
  ];
  const refs = templates.map(({ kind, name }) => `      - {kind: ${kind}, name: ${name}}`);
  return `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata:
  name: ${deployment}
  namespace: ${namespace}
spec:
  target: {kind: Deployment, name: ${deployment}}
  # Requests come in by Service ${service}.
  traffic:
    istio: {${istio.join(', ')}}
  # Percent of the traffic, one step after the other; then the promotion.
  steps:
    - {weight: 10}
    - {weight: 25}
    - {weight: 50}
  analysis:${remark === undefined ? '' : `\n    # ${remark}`}
    templates:
${refs.join('\n')}
    # Bounds of your own, by the name of the metric:
    # bounds:
    #   - {name: latency, max: 300ms}
    #   - {name: errors, max: 1%}
  # Where a person must approve: start, promotion, or the weight of a step.
  # approval: {at: [promotion]}
`;
}
