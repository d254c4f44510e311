import type { KubeObject } from '../api/meta.ts';
import type { ReadTemplate } from './argo/library.ts';
import { convertRollout } from './argo/rollout.ts';
import { convertTemplate } from './argo/template.ts';
import { usesOf } from './argo/uses.ts';
import { convertCanary } from './flagger/canary.ts';
import { readAlertProvider, readMetricTemplate } from './flagger/parts.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import type { Converted, Origin, Peer, Settings } from './output.ts';
import { planArgo } from './plan/argo.ts';
import { planFlagger } from './plan/flagger.ts';

/** An object that was read, and where. */
export interface Given {
  readonly object: KubeObject;
  readonly place: string;
}

const GROUPS: Readonly<Record<string, Peer>> = { 'argoproj.io': 'Argo Rollouts', 'flagger.app': 'Flagger' };
const OTHER_ARGO =
  /^(?:Application|ApplicationSet|AppProject|Workflow.*|CronWorkflow|Sensor|EventSource|EventBus|ClusterWorkflowTemplate)$/;

/** Which tool an object is of; undefined for objects of others. */
export function peerOf({ apiVersion, kind }: KubeObject): Peer | undefined {
  const [group = ''] = apiVersion.split('/');
  return OTHER_ARGO.test(kind) ? undefined : GROUPS[group];
}

const isTemplate = ({ kind }: KubeObject): boolean =>
  kind === 'AnalysisTemplate' || kind === 'ClusterAnalysisTemplate';

const NO_OBJECT: Readonly<Record<string, string>> = {
  Experiment:
    'an Experiment has no counterpart: spec.abTest compares two versions beside each other for a time',
  AnalysisRun: 'an AnalysisRun is a result: what was measured stands in status.analysis of the Release',
};

function originOf({ object, place }: Given, settings: Settings): Origin {
  const { kind, metadata } = object;
  return {
    peer: peerOf(object) ?? 'Argo Rollouts',
    kind,
    namespace: metadata.namespace ?? settings.namespace,
    name: metadata.name,
    place,
  };
}

function templatesIn(
  given: readonly Given[],
  settings: Settings,
): { readonly converted: Converted[]; readonly templates: ReadTemplate[] } {
  const uses = usesOf(given.map(({ object }) => object));
  const all = given
    .filter(({ object }) => isTemplate(object))
    .map((one) => {
      const origin = originOf(one, settings);
      const ledger = openLedger(one.object);
      const written = convertTemplate(ledger, one.object, uses, origin.namespace);
      return { origin, written, rows: ledger.rows() };
    });
  return {
    converted: all.map(({ origin, written, rows }) => ({
      origin,
      rows,
      documents: written === null ? [] : [written],
    })),
    templates: all.map(({ origin: { namespace, kind, name }, written }) => ({
      namespace,
      kind,
      name,
      written,
    })),
  };
}

function rolloutIn(
  one: Given,
  settings: Settings,
  templates: readonly ReadTemplate[],
  virtualServices: readonly KubeObject[],
): Converted {
  const origin = originOf(one, settings);
  const { namespace, name } = origin;
  const ledger = openLedger(one.object);
  const { documents, workload } = convertRollout(ledger, settings, templates, namespace);
  const rows = ledger.rows();
  const isWritten = documents.some(({ kind }) => kind === 'Rollout');
  if (workload === null || !isWritten) return { origin, documents, rows };
  const move = planArgo({ namespace, name, spec: one.object['spec'], workload, virtualServices });
  return { origin, documents, rows, move };
}

function refused(one: Given, settings: Settings): Converted {
  const ledger = openLedger(one.object);
  ledger.root.refuse(NO_OBJECT[one.object.kind] ?? `${one.object.kind} has no counterpart in Sluice`);
  return { origin: originOf(one, settings), documents: [], rows: ledger.rows() };
}

function flaggerIn(given: readonly Given[], settings: Settings): Converted[] {
  const of = (kind: string): KubeObject[] =>
    given.filter(({ object }) => object.kind === kind).map(({ object }) => object);
  const beside = {
    templates: of('MetricTemplate'),
    providers: of('AlertProvider'),
    deployments: of('Deployment'),
  };
  return given
    .filter(({ object }) => peerOf(object) === 'Flagger')
    .map((one) => {
      const origin = originOf(one, settings);
      const ledger = openLedger(one.object);
      if (origin.kind === 'Canary') {
        const { documents, moved } = convertCanary(ledger, settings, beside, origin.namespace);
        const rows = ledger.rows();
        if (moved === null) return { origin, documents, rows };
        const { namespace } = origin;
        const canary = one.object;
        const move = planFlagger({ ...moved, namespace, canary, documents, httpRoutes: of('HTTPRoute') });
        return { origin, documents, rows, move };
      }
      const read = READERS[origin.kind];
      if (read === undefined) return refused(one, settings);
      read(ledger, origin.namespace);
      return { origin, documents: [], rows: ledger.rows() };
    });
}

const READERS: Readonly<Record<string, (ledger: Ledger, namespace: string) => void>> = {
  MetricTemplate: readMetricTemplate,
  AlertProvider: readAlertProvider,
};

/** What objects of Argo Rollouts and Flagger become. Objects of others are only consulted. */
export function convert(given: readonly Given[], settings: Settings): readonly Converted[] {
  const virtualServices = given
    .filter(({ object }) => object.kind === 'VirtualService')
    .map(({ object }) => object);
  const argo = given.filter(({ object }) => peerOf(object) === 'Argo Rollouts');
  const { converted, templates } = templatesIn(argo, settings);
  const rollouts = argo
    .filter(({ object }) => object.kind === 'Rollout')
    .map((one) => rolloutIn(one, settings, templates, virtualServices));
  const others = argo
    .filter(({ object }) => !isTemplate(object) && object.kind !== 'Rollout')
    .map((one) => refused(one, settings));
  return [...rollouts, ...converted, ...others, ...flaggerIn(given, settings)];
}
