import type { KubeObject } from '../../api/meta.ts';
import type { Field, Ledger } from '../ledger/ledger.ts';
import type { Settings } from '../output.ts';
import { type Policy, rolloutOf, type TemplateUse } from '../policy.ts';
import { spanText } from '../values/duration.ts';
import { copyMeta } from '../values/metadata.ts';
import { nameIn } from '../values/object-name.ts';
import { blueGreenOf } from './blue-green.ts';
import { type Library, openLibrary, type ReadTemplate } from './library.ts';
import { isSubscription, notificationsOf } from './notifications.ts';
import { paceOf } from './steps.ts';
import { canaryTraffic } from './traffic.ts';
import { refuseVersionFields } from './version-fields.ts';
import { workloadOf } from './workload.ts';

/** What a Rollout of Argo became. */
export interface ConvertedRollout {
  readonly documents: readonly KubeObject[];
  readonly workload: {
    readonly name: string;
    readonly replicas: number;
    readonly written: KubeObject | null;
  } | null;
}

function canaryRest(canary: Field): Record<string, unknown> {
  const delay = canary.at('abortScaleDownDelaySeconds').number();
  if (delay === 0)
    canary
      .at('abortScaleDownDelaySeconds')
      .refuse('pods of a rolled-back version always go, after spec.drain');
  else canary.at('abortScaleDownDelaySeconds').keep('spec.drain');
  refuseVersionFields(canary, 'canaryMetadata', 'stableMetadata');
  canary
    .at('dynamicStableScale')
    .refuse(
      'stable keeps its pods, so that a roll-back needs none to load: where there is no room, write canary: {mode: borrow}',
    );
  canary.at('minPodsPerReplicaSet').remark('a canary has at least one pod; set canary.replicas for more');
  canary
    .at('scaleDownDelaySeconds')
    .remark('pods of the old version go by the Deployment’s own rolling update, once new ones are ready');
  canary
    .at('scaleDownDelayRevisionLimit')
    .remark('pods of one old version alone are kept, during the promotion');
  canary.at('replicaProgressThreshold').refuse('a step begins when all its pods are ready');
  for (const key of ['canaryService', 'pingPong'])
    canary
      .at(key)
      .remark(
        'Sluice needs one Service, that of the workload: delete the others once the routes no longer name them',
      );
  return delay === undefined || delay === 0 ? {} : { drain: spanText(delay * 1_000) };
}

function commonFields(spec: Field): {
  readonly fields: Record<string, unknown>;
  readonly startMs: number | undefined;
} {
  const revisions = spec.at('rollbackWindow', 'revisions');
  const window = revisions.number();
  if (window !== undefined && (window < 0 || window > 10))
    revisions.remark('is 10, the most', 'spec.rollbackWindow.revisions');
  else revisions.keep('spec.rollbackWindow.revisions');
  spec.at('paused').remark('a release is paused by sluice pause; move while none is under way');
  spec
    .at('restartAt')
    .refuse('restart by kubectl rollout restart deployment/NAME: that is a release as any other');
  spec
    .at('progressDeadlineAbort')
    .remark('a canary that is not ready by deadlines.start is always rolled back', 'spec.deadlines.start');
  spec.at('analysis').remark('past Releases are the history (sluice history); AnalysisRuns are no objects');
  const seconds = spec.at('progressDeadlineSeconds').number();
  const fields =
    window === undefined
      ? {}
      : { rollbackWindow: { revisions: Math.min(10, Math.max(0, Math.round(window))) } };
  return { fields, startMs: seconds === undefined || seconds < 1 ? undefined : seconds * 1_000 };
}

/** The templates of a policy: those of the source, and one for any server where nothing of it judges the traffic. */
function templatesFor(library: Library, ledger: Ledger, settings: Settings): readonly TemplateUse[] {
  if (library.judgesTraffic()) return library.uses();
  ledger.note(
    `nothing that could be carried over judges the traffic, without which Sluice raises no weight: ClusterAnalysisTemplate ${settings.analysis} is used (--analysis); sluice init finds the one for your server`,
  );
  return [...library.uses().slice(0, 15), { kind: 'ClusterAnalysisTemplate', name: settings.analysis }];
}

function policyOf(
  spec: Field,
  ledger: Ledger,
  settings: Settings,
  library: Library,
): (Omit<Policy, 'target' | 'templates'> & { readonly longestMs?: number }) | null {
  const [canary, blueGreen] = [spec.at('strategy', 'canary'), spec.at('strategy', 'blueGreen')];
  const { fields, startMs } = commonFields(spec);
  if (blueGreen.isGiven && !canary.isGiven) {
    const found = blueGreenOf(blueGreen, ledger, settings, library);
    return found === null ? null : { ...found, steps: [], fields, startMs, longestMs: found.delayMs };
  }
  blueGreen.refuse('a Rollout has one strategy: take one of the two away in the source');
  const stable = canary.at('stableService');
  const service = nameIn(stable) ?? nameIn(canary.at('pingPong', 'pingService'));
  stable.remark('is the Service of the workload; its selector no longer names a version', 'spec.traffic');
  const rest = { ...fields, ...canaryRest(canary) };
  const isPlain =
    !canary.at('trafficRouting').isGiven &&
    canary.at('steps').items().length === 0 &&
    settings.route === undefined;
  if (canary.at('analysis').isGiven) library.take(canary.at('analysis'));
  if (isPlain) {
    ledger.note(
      'no steps and no routes: the rolling update of the Deployment, whose first pods are judged before the others follow (rollingUpdate)',
    );
    canary.at('steps').keep('spec.rollingUpdate');
    return { traffic: null, steps: [], pace: { rollingUpdate: {} }, gates: [], fields: rest, startMs };
  }
  const traffic = canaryTraffic(canary, ledger, settings, service);
  const pace = paceOf(canary, traffic, library);
  if (pace.steps.length === 0) ledger.note('no weights: the default steps 10, 25 and 50 are used');
  const capacity = pace.replicas === undefined ? {} : { canary: { replicas: pace.replicas } };
  return {
    traffic,
    steps: pace.steps,
    gates: gatesThatExist(pace.gates, pace.steps.length),
    fields: { ...rest, ...capacity },
    startMs,
  };
}

/** Without steps of its own, a policy has the gates of the default ones. */
const gatesThatExist = (gates: readonly string[], steps: number): readonly string[] =>
  steps > 0 ? gates : gates.filter((gate) => gate === 'promotion');

/** Converts a Rollout of Argo. */
export function convertRollout(
  ledger: Ledger,
  settings: Settings,
  templates: readonly ReadTemplate[],
  namespace: string,
): ConvertedRollout {
  const { root } = ledger;
  const notifications = notificationsOf(root.at('metadata', 'annotations'));
  const metadata = copyMeta(root, namespace, isSubscription);
  const spec = root.at('spec');
  const library = openLibrary(templates, namespace);
  const workload = workloadOf(spec, metadata);
  const policy = policyOf(spec, ledger, settings, library);
  const written = workload?.written ?? null;
  const moved = workload === null ? null : { name: workload.name, replicas: workload.replicas, written };
  if (workload === null || policy === null)
    return { documents: written === null ? [] : [written], workload: moved };
  const uses = templatesFor(library, ledger, settings);
  const { longestMs, ...rest } = policy;
  const rollout = rolloutOf(
    { name: metadata.name, namespace },
    { ...rest, target: workload.name, templates: uses, notifications },
    longestMs,
  );
  return { documents: [...(written === null ? [] : [written]), rollout], workload: moved };
}
