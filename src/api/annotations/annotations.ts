import type { KubeObject } from '../meta.ts';
import { APPROVE, APPROVED_BY } from '../rollout/approval.ts';
import { Connect } from '../rollout/connect.ts';
import { RolloutSpec, type Traffic } from '../rollout/rollout.ts';
import { AutoSteps, DEFAULT_WEIGHTS } from '../rollout/steps.ts';
import { nearest } from '../values/nearest.ts';
import { type AnnotationKind, annotationKinds, OPT_IN, PREFIX } from './kinds.ts';
import { BLUE_GREEN, ownGates, paceOf, paceProblems, stickyOf } from './pace.ts';
import type { AnnotationProblem, Settings } from './values.ts';

/** Annotation by which the controller puts a Deployment under the gate; its value is the Rollout. */
export const GATE = `${PREFIX}gate`;
/** Annotation by which the admission policy marks its own pause, so that an owner's pause is never mistaken for it. */
export const HOLD = `${PREFIX}hold`;
/**
 * Annotation on a Deployment that lost its Rollout while it was held: the pause is Sluice's. The value is the revision
 * of stable, or empty if that is unknown.
 */
export const LEFT_MARK = `${PREFIX}left-paused`;
/** Annotation on a Rollout that requests one more try of a revision; each new value requests one. */
export const RETRY = `${PREFIX}retry`;

/** Annotation by which a pipeline has the release join its trace (W3C Trace Context); on a Release, its trace. */
export const TRACEPARENT = `${PREFIX}traceparent`;

/** Annotations that are not settings, so that they are never reported as typing mistakes. */
const BOOKKEEPING: readonly string[] = [GATE, HOLD, LEFT_MARK, RETRY, APPROVE, APPROVED_BY, TRACEPARENT];
/** Names of the metrics that max-p95 and max-error-rate are about. */
const METRICS = { latency: 'latency', errors: 'errors' } as const;

/** The result of reading the annotations: a Rollout, their mistakes, or nothing if they do not opt in. */
export type AnnotationReading =
  | { readonly spec: RolloutSpec }
  | { readonly problems: readonly AnnotationProblem[] }
  | { readonly optedIn: false };

/** What routers add to the annotations. */
interface AnnotatedRouters {
  readonly annotations: readonly AnnotationKind[];
  annotated(workload: string, given: Readonly<Record<string, object>>): Traffic;
  /** The traffic with its defaults, or what is wrong with it. */
  choose(
    traffic: Traffic | undefined,
  ): { readonly traffic: Traffic } | { readonly faults: readonly AnnotationFault[] };
}

interface AnnotationFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What annotations are read with. */
export interface AnnotationContext {
  /** Name of the ClusterAnalysisTemplate that is used where none is named. */
  readonly analysisTemplate: string;
  readonly routers: AnnotatedRouters;
}

function unknown(annotation: string, kinds: readonly AnnotationKind[]): AnnotationProblem {
  const known = kinds.map(({ name }) => name);
  return { annotation, message: `is not known; did you mean ${nearest(annotation, known)[0] ?? OPT_IN}?` };
}

type GivenTraffic = NonNullable<Settings['traffic']>;

function mergedTraffic(one: GivenTraffic, other: GivenTraffic): GivenTraffic {
  const names = Object.keys({ ...one, ...other });
  return Object.fromEntries(names.map((name) => [name, { ...one[name], ...other[name] }]));
}

function mergedSettings(parts: readonly Settings[]): Settings {
  return parts.reduce<Settings>(
    (all, part) => ({
      ...all,
      ...part,
      ...(all.traffic ? { traffic: mergedTraffic(all.traffic, part.traffic ?? {}) } : {}),
      ...(all.errors ? { errors: { ...all.errors, ...part.errors } } : {}),
      ...(all.latency ? { latency: { ...all.latency, ...part.latency } } : {}),
      ...(all.analysis ? { analysis: { ...all.analysis, ...part.analysis } } : {}),
      ...(all.deadlines ? { deadlines: { ...all.deadlines, ...part.deadlines } } : {}),
      ...(all.approvalOptions
        ? { approvalOptions: { ...all.approvalOptions, ...part.approvalOptions } }
        : {}),
      ...(all.policy ? { policy: { ...all.policy, ...part.policy } } : {}),
      ...(all.health ? { health: { ...all.health, ...part.health } } : {}),
      ...(all.canary ? { canary: { ...all.canary, ...part.canary } } : {}),
      ...(all.connect ? { connect: { ...all.connect, ...part.connect } } : {}),
      ...(all.warmUp ? { warmUp: { ...all.warmUp, ...part.warmUp } } : {}),
    }),
    {},
  );
}

function boundsOf({ errors, latency }: Settings): object[] {
  return [
    ...(errors === undefined ? [] : [{ name: METRICS.errors, ...errors }]),
    ...(latency === undefined ? [] : [{ name: METRICS.latency, ...latency }]),
  ];
}

function canaryOf({ canary, warmUp, connect }: Settings): object {
  if ((canary ?? warmUp ?? connect) === undefined) return {};
  return { canary: { ...canary, ...(warmUp && { warmUp }), ...(connect && { connect }) } };
}

function specOf(workload: string, settings: Settings, context: AnnotationContext): unknown {
  const { traffic, rollingUpdate, templates, args, deadlines = {} } = settings;
  const { approval, approvalOptions, notifications, health } = settings;
  const bounds = boundsOf(settings);
  const chosen = templates ?? [{ name: context.analysisTemplate }];
  return {
    target: { name: workload },
    ...paceOf(settings),
    ...stickyOf(settings),
    ...(rollingUpdate === undefined || traffic !== undefined
      ? { traffic: context.routers.annotated(workload, traffic ?? {}) }
      : {}),
    analysis: {
      templates: chosen.map((template) => ({ ...template, ...(args && { args }) })),
      ...(bounds.length === 0 ? {} : { bounds }),
      ...settings.analysis,
    },
    deadlines,
    ...((approval ?? approvalOptions) && { approval: { at: approval ?? ['promotion'], ...approvalOptions } }),
    ...(notifications && { notifications }),
    ...(health && { health }),
    ...canaryOf(settings),
    ...settings.policy,
  };
}

function routerProblems({ traffic = {} }: Settings): AnnotationProblem[] {
  const named = Object.keys(traffic);
  if (named.length < 2) return [];
  const message = `the annotations name several routers (${named.join(', ')}): take away those of all but one; a Service without routes is named by ${PREFIX}router, as service/NAME`;
  return [{ annotation: OPT_IN, message }];
}

function gateProblems({ approval = [], ...settings }: Settings): AnnotationProblem[] {
  const known = ['start', 'promotion', ...ownGates(settings)];
  return approval
    .filter((gate) => !known.includes(gate))
    .map((gate) => ({
      annotation: `${PREFIX}approval`,
      message: `"${gate}" is no gate of its steps; the gates of this workload are ${known.join(', ')}`,
    }));
}

function connectProblems({ connect, steps = DEFAULT_WEIGHTS }: Settings): AnnotationProblem[] {
  if (connect === undefined) return [];
  const weight = connect.weight ?? Connect.parse({}).weight;
  const first = steps === 'auto' ? AutoSteps.parse({}).min : steps === BLUE_GREEN ? 100 : (steps[0] ?? 100);
  if (weight < first) return [];
  const message = `must be below the first step: ${weight} is not below ${first}; lower it, or raise the first weight of ${PREFIX}steps`;
  return [{ annotation: `${PREFIX}connect-weight`, message }];
}

interface Collected {
  readonly settings: Settings;
  readonly problems: readonly AnnotationProblem[];
}

function collect(annotations: Readonly<Record<string, string>>, kinds: readonly AnnotationKind[]): Collected {
  const names = Object.keys(annotations).filter(
    (one) => one.startsWith(PREFIX) && !BOOKKEEPING.includes(one),
  );
  const parts: Settings[] = [];
  const problems: AnnotationProblem[] = [];
  for (const annotation of names.toSorted()) {
    const kind = kinds.find((one) => one.name === annotation);
    const read = kind?.read((annotations[annotation] ?? '').trim());
    if (read === undefined) problems.push(unknown(annotation, kinds));
    else if ('problem' in read) problems.push({ annotation, message: read.problem });
    else parts.push(read.settings);
  }
  return { settings: mergedSettings(parts), problems };
}

function readSpec(
  given: unknown,
  routers: AnnotatedRouters,
): { readonly spec: RolloutSpec } | { readonly faults: readonly AnnotationFault[] } {
  const parsed = RolloutSpec.safeParse(given);
  if (!parsed.success) return { faults: parsed.error.issues };
  const chosen = routers.choose(parsed.data.traffic);
  if ('traffic' in chosen) {
    const { traffic } = parsed.data;
    return { spec: { ...parsed.data, ...(traffic === undefined ? {} : { traffic: chosen.traffic }) } };
  }
  return { faults: chosen.faults.map((one) => ({ ...one, path: ['traffic', ...one.path] })) };
}

/**
 * The Rollout that the annotations of a Deployment describe, with every default filled in. Without the opt-in, or with
 * `off`, there is none, regardless of other annotations. With any mistake there is no Rollout either, so nothing is
 * held.
 */
export function rolloutFromAnnotations(
  deployment: Pick<KubeObject, 'metadata'>,
  context: AnnotationContext,
): AnnotationReading {
  const annotations = deployment.metadata.annotations ?? {};
  const choice = annotations[OPT_IN]?.trim();
  if (choice === undefined || choice === 'off') return { optedIn: false };
  const { settings, problems } = collect(annotations, annotationKinds(context.routers));
  const found = [
    ...problems,
    ...routerProblems(settings),
    ...paceProblems(settings),
    ...gateProblems(settings),
    ...connectProblems(settings),
  ];
  if (found.length > 0) return { problems: found };
  const parsed = readSpec(specOf(deployment.metadata.name, settings, context), context.routers);
  if ('spec' in parsed) return parsed;
  const messages = parsed.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { problems: [{ annotation: OPT_IN, message: messages.join('; ') }] };
}
