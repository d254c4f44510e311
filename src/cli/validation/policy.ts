import { fieldOf } from '../../analysis/templates/field-path.ts';
import { gatherTemplates } from '../../analysis/templates/include.ts';
import { resolveMetrics } from '../../analysis/templates/resolve.ts';
import type { AnalysisTemplate, Metric } from '../../api/analysis/analysis-template.ts';
import type { ConfigMapKey } from '../../api/analysis/check.ts';
import { OPT_IN } from '../../api/annotations/kinds.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { RolloutSpec } from '../../api/rollout/rollout.ts';
import { configMapOf, listProblem, type Text } from '../../measure/check-list.ts';
import { workloadProblem } from '../../release/rollout/preflight.ts';
import { comparisonProblem } from '../../release/strategy/comparison-problem.ts';
import { preflightRoutes } from '../../traffic/asks.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { routerOf, sharesOf } from '../../traffic/routers.ts';
import { revisionOf } from '../../workload/revision.ts';
import { observeDeployment, type Template } from '../../workload/workload.ts';
import { assumedRelease } from '../assumed-release.ts';
import { type Finding, findingAt, type Path, type Source } from './documents.ts';

/** The policy for a workload, and its place in a file. */
export interface PolicySource {
  readonly source: Source;
  readonly name: string;
  readonly namespace: string;
  readonly spec: RolloutSpec;
  /** The place of a field of the spec in its document. */
  readonly pathOf: (field: Path) => Path;
}

/** An object with its place in a file. */
export interface ObjectSource {
  readonly source: Source;
  readonly object: KubeObject;
  readonly namespace: string;
}

const MESSAGE = /^(?:spec\.)?([a-z]\w*(?:\.\w+|\[\d+\])+)(: )?/;

/** The field at the beginning of a message of the core. */
function fieldIn(message: string): Path {
  const found = MESSAGE.exec(message)?.[1] ?? '';
  return found
    .split(/[.[\]]/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** A message of the core at its field, without repeating the place. */
function told({ source, pathOf }: PolicySource, message: string): Finding {
  const field = fieldIn(message);
  const path = pathOf(field);
  const [prefix = '', , colon] = MESSAGE.exec(message) ?? [];
  const isSaid = colon !== undefined && path.at(-1) !== OPT_IN;
  return findingAt(source, path, isSaid ? message.slice(prefix.length) : message);
}

function note({ source, pathOf }: PolicySource, field: Path, message: string): Finding {
  return findingAt(source, pathOf(field), message, 'note');
}

function trafficFindings(
  policy: PolicySource,
  deployment: ObjectSource,
  objects: readonly ObjectSource[],
): Finding[] {
  const of = (kind: string): KubeObject[] =>
    objects
      .filter(({ object, namespace }) => object.kind === kind && namespace === policy.namespace)
      .map(({ object, namespace }) => ({ ...object, metadata: { ...object.metadata, namespace } }));
  const { namespace, spec } = policy;
  if (spec.traffic === undefined) return [];
  const chosen = routerOf(ROUTERS, spec.traffic);
  const { router } = chosen;
  const routed = router.watches.filter(({ writes }) => writes === 'fields').map(({ kind }) => kind);
  const needed = [['Service'], routed];
  const absent = needed.flatMap((kinds) =>
    kinds.some((kind) => of(kind).length > 0) ? [] : [kinds.join(' or ')],
  );
  if (absent.length > 0) {
    const message = `the routes are not checked, since no ${absent.join(' and no ')} is among the files`;
    return [note(policy, ['traffic'], message)];
  }
  const kinds = ['Service', ...router.watches.map(({ kind }) => kind)].map(
    (kind) => [kind, of(kind)] as const,
  );
  const { template = {} } = deployment.object['spec'] as { template?: Template };
  const found = preflightRoutes(router, {
    objects: { namespace, kinds: Object.fromEntries(kinds) },
    spec: chosen.spec,
    ...assumedRelease(policy.name, { name: spec.target.name, namespace, template }, spec),
  });
  return 'problem' in found ? [told(policy, found.problem.message)] : [];
}

function metricFindings(
  policy: PolicySource,
  objects: readonly ObjectSource[],
  deployment: ObjectSource | undefined,
): Finding[] {
  const { templates: refs, bounds = [] } = policy.spec.analysis;
  const known = objects
    .filter(
      ({ object, namespace }) => object.kind === 'ClusterAnalysisTemplate' || namespace === policy.namespace,
    )
    .map(({ object }) => object as AnalysisTemplate);
  const { templates, absent } = gatherTemplates(refs, ({ kind, name }) =>
    known.find((one) => one.kind === kind && one.metadata.name === name),
  );
  if (absent.length > 0) {
    const names = absent.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    return [
      note(
        policy,
        ['analysis', 'templates'],
        `metrics and bounds are not checked, since ${names} is not among the files`,
      ),
    ];
  }
  // Without the Deployment any value will do, so that the rest can be checked.
  const fields = (path: string): string | undefined =>
    deployment === undefined ? 'value' : fieldOf(deployment.object, path);
  const resolved = resolveMetrics(refs, templates, bounds, fields);
  if ('problem' in resolved) return [told(policy, resolved.problem.message)];
  const beside = comparisonProblem(policy.spec, resolved.metrics);
  return [
    ...(beside === null ? [] : [told(policy, beside.message)]),
    ...resolved.metrics.flatMap((metric) => checkFindings(policy, objects, metric)),
  ];
}

/** The list of a check, if it is in the template or in a ConfigMap among the files. */
function checkFindings(policy: PolicySource, objects: readonly ObjectSource[], metric: Metric): Finding[] {
  const named = configMapOf(metric);
  const found = objects.find(
    ({ object, namespace }) =>
      object.kind === 'ConfigMap' && object.metadata.name === named?.name && namespace === policy.namespace,
  );
  if (named !== undefined && found === undefined) {
    const message = `what metric ${metric.name} asks is not checked, since ConfigMap ${named.name} is not among the files`;
    return [note(policy, ['analysis', 'templates'], message)];
  }
  const data = (found?.object['data'] ?? {}) as Readonly<Record<string, string>>;
  const text = named === undefined ? null : textIn(data, named);
  const problem = listProblem(metric, text);
  if (problem === null) return [];
  const message = `metric ${metric.name}: ${problem}`;
  return found === undefined
    ? [findingAt(policy.source, policy.pathOf(['analysis', 'templates']), message)]
    : [findingAt(found.source, ['data', ...(named === undefined ? [] : [named.key])], message)];
}

function textIn(data: Readonly<Record<string, string>>, { name, key }: ConfigMapKey): Text {
  const text = data[key];
  if (text !== undefined) return { text };
  const keys = Object.keys(data).join(', ') || 'none';
  return { problem: `ConfigMap ${name} has no key ${key}; its keys are ${keys}` };
}

/** Checks a policy against the Deployment, Service, VirtualService and templates in the same files. */
export function policyFindings(policy: PolicySource, objects: readonly ObjectSource[]): readonly Finding[] {
  const { target } = policy.spec;
  const deployment = objects.find(
    ({ object, namespace }) =>
      object.kind === 'Deployment' && object.metadata.name === target.name && namespace === policy.namespace,
  );
  const metrics = metricFindings(policy, objects, deployment);
  if (deployment === undefined) {
    const message = `workload and routes are not checked, since Deployment ${target.name} is not among the files`;
    return [note(policy, ['target', 'name'], message), ...metrics];
  }
  const wrong = workloadProblem(observeDeployment(deployment.object, revisionOf), {
    policy: policy.spec,
    shares: sharesOf(ROUTERS, policy.spec.traffic),
  });
  const workload = wrong === null ? [] : [findingAt(deployment.source, ['spec'], wrong.message)];
  return [...workload, ...trafficFindings(policy, deployment, objects), ...metrics];
}
