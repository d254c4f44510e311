import { z } from 'zod';
import { AnalysisTemplateSpec } from '../../api/analysis/analysis-template.ts';
import { rolloutFromAnnotations } from '../../api/annotations/annotations.ts';
import { OPT_IN } from '../../api/annotations/kinds.ts';
import { API_VERSION, GROUP, type KubeObject, NAME_PATTERN } from '../../api/meta.ts';
import { RolloutSpec } from '../../api/rollout/rollout.ts';
import { nearest } from '../../api/values/nearest.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { type Finding, findingAt, type Path, type Source } from './documents.ts';
import { type ObjectSource, type PolicySource, policyFindings } from './policy.ts';
import { type Fault, schemaFaults } from './structure.ts';

/** Defaults of validation. */
export interface Assumptions {
  readonly namespace: string;
  /** Default ClusterAnalysisTemplate of annotations. */
  readonly analysisTemplate: string;
}

/** The result of validation. */
export interface Validation {
  readonly findings: readonly Finding[];
  /** Validated objects, by kind. */
  readonly counts: Readonly<Record<string, number>>;
}

const SPECS: Readonly<Record<string, z.ZodType>> = {
  Rollout: RolloutSpec,
  AnalysisTemplate: AnalysisTemplateSpec,
  ClusterAnalysisTemplate: AnalysisTemplateSpec,
};
const OURS = [...Object.keys(SPECS), 'Release'];
/** Other kinds that a policy is checked against. */
const OTHERS = [
  ...new Set(['Deployment', 'Service', ...ROUTERS.watches.map(({ kind }) => kind), 'ConfigMap']),
];

const Shape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
});

function shapeFindings(source: Source): Finding[] | KubeObject {
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [findingAt(source, [], 'is no Kubernetes object: write apiVersion, kind and metadata')];
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  // Values for Helm or a patch for Kustomize, for two.
  if (apiVersion === undefined && kind === undefined)
    return [findingAt(source, [], 'is not checked, since it has neither apiVersion nor kind', 'note')];
  // An unrelated object may have any shape, for example a Kustomization.
  if (typeof kind === 'string' && ![...OURS, ...OTHERS].includes(kind)) return [];
  const parsed = Shape.safeParse(value);
  if (parsed.success) return parsed.data as unknown as KubeObject;
  // It may hold a list; a ConfigMap of another shape is not ours.
  if (kind === 'ConfigMap') return [];
  return schemaFaults(Shape, value)
    .filter(({ message }) => !message.includes('is no field of this object'))
    .map(({ path, message }) => findingAt(source, path, message));
}

function kindFindings(source: Source, object: KubeObject): Finding[] {
  const { apiVersion, kind, metadata } = object;
  const ours = OURS.includes(kind) && apiVersion.split('/')[0] === GROUP;
  if (!ours) return [];
  const version =
    apiVersion === API_VERSION
      ? []
      : [findingAt(source, ['apiVersion'], `must be ${API_VERSION}: ${apiVersion} does not exist`)];
  const named = NAME_PATTERN.test(metadata.name)
    ? []
    : [
        findingAt(
          source,
          ['metadata', 'name'],
          'must be the name of an object: write lower-case letters, digits, "-" and "."',
        ),
      ];
  if (kind === 'Release')
    return [
      findingAt(source, ['kind'], 'a Release is written by the controller: commit a Rollout in its place'),
    ];
  const type = SPECS[kind];
  const faults = type === undefined ? [] : schemaFaults(z.object({ spec: type }), { spec: object['spec'] });
  if (kind === 'Rollout') faults.push(...trafficFaults(object));
  return [...version, ...named, ...faults.map(({ path, message }) => findingAt(source, path, message))];
}

function trafficFaults({ spec }: KubeObject): Fault[] {
  const { traffic } = (spec ?? {}) as { traffic?: unknown };
  if (typeof traffic !== 'object') return [];
  return schemaFaults(ROUTERS.schema, traffic).map(({ path, message }) => ({
    path: ['spec', 'traffic', ...path],
    message,
  }));
}

function strangerKind(source: Source): Finding[] {
  const { apiVersion, kind } = source.value as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith(`${GROUP}/`) || typeof kind !== 'string')
    return [];
  if (OURS.includes(kind)) return [];
  return [
    findingAt(source, ['kind'], `${kind} is no kind of ${GROUP}; did you mean ${nearest(kind, OURS)[0]}?`),
  ];
}

function rolloutPolicy({ source, object, namespace }: ObjectSource): PolicySource | null {
  const parsed = RolloutSpec.safeParse(object['spec']);
  if (object.kind !== 'Rollout' || !parsed.success) return null;
  if ('faults' in ROUTERS.choose(parsed.data.traffic)) return null;
  return {
    source,
    name: object.metadata.name,
    namespace,
    spec: parsed.data,
    pathOf: (field) => ['spec', ...field],
  };
}

const ANNOTATION_OF: readonly (readonly [Path, string])[] = [
  ...ROUTERS.all.flatMap((router) =>
    router.annotations.map(({ field, name }) => [['traffic', router.name, field], name] as const),
  ),
  [['analysis', 'templates'], 'sluice.dev/analysis'],
];

/** The annotation for a field of the Rollout, else the opt-in. */
function annotationPath(annotations: Readonly<Record<string, string>>, field: Path): Path {
  const found = ANNOTATION_OF.find(([path]) => path.every((part, at) => field[at] === part))?.[1];
  return ['metadata', 'annotations', found !== undefined && found in annotations ? found : OPT_IN];
}

function annotated(
  { source, object, namespace }: ObjectSource,
  { analysisTemplate }: Assumptions,
): PolicySource | Finding[] {
  if (object.kind !== 'Deployment') return [];
  const reading = rolloutFromAnnotations(object, { analysisTemplate, routers: ROUTERS });
  if ('optedIn' in reading) return [];
  if ('problems' in reading)
    return reading.problems.map(({ annotation, message }) =>
      findingAt(source, ['metadata', 'annotations', annotation], message),
    );
  const annotations = object.metadata.annotations ?? {};
  const pathOf = (field: Path): Path => annotationPath(annotations, field);
  return { source, name: object.metadata.name, namespace, spec: reading.spec, pathOf };
}

function keyOf({ object, namespace }: ObjectSource): string {
  return `${object.apiVersion.split('/')[0]} ${object.kind} ${namespace}/${object.metadata.name}`;
}

function doubles(objects: readonly ObjectSource[]): Finding[] {
  const first = new Map<string, ObjectSource>();
  return objects.flatMap((one) => {
    const before = first.get(keyOf(one));
    first.set(keyOf(one), before ?? one);
    if (before === undefined) return [];
    const where = `${before.source.file}:${before.source.document}`;
    return [
      findingAt(
        one.source,
        ['metadata', 'name'],
        `${one.object.kind} ${one.object.metadata.name} is in ${where} too; take one away`,
      ),
    ];
  });
}

function rivals(policies: readonly PolicySource[]): Finding[] {
  const first = new Map<string, PolicySource>();
  return policies.flatMap((policy) => {
    const key = `${policy.namespace}/${policy.spec.target.name}`;
    const before = first.get(key);
    first.set(key, before ?? policy);
    if (before === undefined) return [];
    const message = `Deployment ${policy.spec.target.name} has a policy in ${before.source.file}:${before.source.document} already; keep one Rollout, or the annotations`;
    return [findingAt(policy.source, policy.pathOf(['target', 'name']), message)];
  });
}

/** Checks objects as the controller and the API server would, and against each other. Works offline. */
export function validate(sources: readonly Source[], assumptions: Assumptions): Validation {
  const findings: Finding[] = [];
  const objects: ObjectSource[] = [];
  const policies: PolicySource[] = [];
  for (const source of sources) {
    const shape = shapeFindings(source);
    if (Array.isArray(shape)) {
      findings.push(...shape, ...(shape.length === 0 ? strangerKind(source) : []));
      continue;
    }
    const namespace = shape.metadata.namespace ?? assumptions.namespace;
    const one = { source, object: shape, namespace };
    objects.push(one);
    findings.push(...kindFindings(source, shape));
    const policy = rolloutPolicy(one) ?? annotated(one, assumptions);
    if ('spec' in policy) policies.push(policy);
    else findings.push(...policy);
  }
  findings.push(...doubles(objects), ...rivals(policies));
  findings.push(...policies.flatMap((policy) => policyFindings(policy, objects)));
  const counts: Record<string, number> = {};
  for (const { object } of objects) counts[object.kind] = (counts[object.kind] ?? 0) + 1;
  return { findings, counts };
}
