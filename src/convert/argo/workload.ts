import type { KubeObject, ObjectMeta } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';
import { compact } from '../output.ts';
import { nameIn } from '../values/object-name.ts';

/** The workload of a Rollout: a Deployment to write, or a reference. */
export interface Workload {
  readonly name: string;
  readonly written: KubeObject | null;
  readonly replicas: number;
}

const isZero = (value: unknown): boolean => value === 0 || value === '0' || value === '0%';

function strategyOf(strategy: Field): object {
  const canary = strategy.at('canary');
  const [surge, unavailable] = [canary.at('maxSurge'), canary.at('maxUnavailable')];
  surge.keep('Deployment spec.strategy.rollingUpdate.maxSurge');
  unavailable.keep('Deployment spec.strategy.rollingUpdate.maxUnavailable');
  const [maxSurge, maxUnavailable] = [
    surge.value ?? '25%',
    unavailable.value ?? (strategy.at('blueGreen').isGiven ? 0 : '25%'),
  ];
  if (!isZero(maxSurge) || !isZero(maxUnavailable))
    return { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  surge.remark(
    'is 1: with maxUnavailable 0 a Deployment could not be updated',
    'Deployment spec.strategy.rollingUpdate.maxSurge',
  );
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
}

const FIELDS = ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const;

function referred(spec: Field): Workload | null {
  const ref = spec.at('workloadRef');
  const [kind, name] = [ref.at('kind').text(), nameIn(ref.at('name'))];
  ref.at('apiVersion').keep('spec.target');
  ref.at('scaleDown').remark('the Deployment itself runs the pods: scale it up before you move');
  const strategy = spec.at('strategy', 'canary');
  for (const field of [
    ...FIELDS.map((key) => spec.at(key)),
    strategy.at('maxSurge'),
    strategy.at('maxUnavailable'),
  ])
    field.remark('is a field of the Deployment itself: set it there');
  spec.at('template').refuse('a Rollout with workloadRef has no template: take it away in the source');
  spec.at('selector').remark('is that of the Deployment');
  spec.at('replicas').remark('is set at the Deployment: kubectl scale');
  if (kind !== 'Deployment' || name === undefined) {
    ref.refuse('only Deployments are released: write a Deployment with this pod template');
    return null;
  }
  ref.at('kind').keep('spec.target.kind');
  ref.at('name').keep('spec.target.name');
  return { name, written: null, replicas: spec.at('replicas').number() ?? 1 };
}

/** The workload of a Rollout; null where it has none that Sluice could release. */
export function workloadOf(spec: Field, metadata: ObjectMeta): Workload | null {
  if (spec.at('workloadRef').isGiven) return referred(spec);
  const [template, selector, replicas] = [spec.at('template'), spec.at('selector'), spec.at('replicas')];
  if (!template.isGiven || !selector.isGiven) {
    for (const field of [template, selector, replicas, ...FIELDS.map((key) => spec.at(key))])
      field.refuse('a workload has template and selector, or workloadRef: complete the source first');
    return null;
  }
  const count = replicas.number() ?? 1;
  for (const field of [template, selector, replicas, ...FIELDS.map((key) => spec.at(key))])
    field.keep(`Deployment ${field.path.join('.')}`);
  const values = Object.fromEntries(FIELDS.map((key) => [key, spec.at(key).number()]));
  const written: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: compact({
      replicas: count,
      ...values,
      selector: selector.value,
      strategy: strategyOf(spec.at('strategy')),
      template: template.value,
    }),
  };
  return { name: metadata.name, written, replicas: count };
}
