import type { TemplateFit } from './find-metrics.ts';
import type { TrafficFound } from './find-traffic.ts';

/** What a Rollout is written from. */
export interface Found {
  readonly namespace: string;
  readonly deployment: string;
  readonly traffic: TrafficFound;
  readonly templates: readonly Pick<TemplateFit, 'kind' | 'name' | 'bounds'>[];
  /** Comments above the templates. */
  readonly remark?: string;
}

const PLAIN = /^[a-z][-a-z0-9.]*$/;
/** Words that YAML reads as something else than text. */
const RESERVED = ['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'];

/** A value in one line of YAML. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}: ${flow(one)}`)
      .join(', ')}}`;
  return typeof value === 'string' && PLAIN.test(value) && !RESERVED.includes(value)
    ? value
    : JSON.stringify(value);
}

/** A bound for each latency, as comments: an edge that its histogram has. */
function boundLines(templates: Found['templates']): string[] {
  const bounds = templates.flatMap((one) => one.bounds ?? []);
  if (bounds.length === 0) return ['    #   - {name: latency, max: 250ms}  # an edge of its histogram'];
  return bounds.map(
    ({ metric, proposed, others }) =>
      `    #   - {name: ${metric}, max: ${proposed}}  # the least edge that stable keeps to; beside it ${others.join(', ')}`,
  );
}

/** The text of a Rollout for a Deployment, with fields that people often change. */
export function rolloutText({ namespace, deployment, traffic, templates, remark }: Found): string {
  const { router, service, spec } = traffic;
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
    ${router}: ${flow(spec)}
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
${boundLines(templates).join('\n')}
    #   - {name: errors, max: 1%}
  # Where a person must approve: start, promotion, or the weight of a step.
  # approval: {at: [promotion]}
`;
}
