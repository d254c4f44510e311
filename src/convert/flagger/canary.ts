import type { KubeObject, ObjectMeta } from '../../api/meta.ts';
import type { Field, Ledger } from '../ledger/ledger.ts';
import { isFields } from '../ledger/path.ts';
import type { Settings } from '../output.ts';
import type { FlaggerMove } from '../plan/flagger.ts';
import { rolloutOf, type Traffic } from '../policy.ts';
import { trafficBy, trafficByPods } from '../routes.ts';
import { copyMeta } from '../values/metadata.ts';
import { nameIn } from '../values/object-name.ts';
import { alertsOf, webhooksOf } from './alerts.ts';
import { templateOf } from './metrics.ts';
import { paceOf } from './pace.ts';
import { objectsOf } from './service.ts';

/** What stands beside a Canary. */
export interface Beside {
  readonly templates: readonly KubeObject[];
  readonly providers: readonly KubeObject[];
  readonly deployments: readonly KubeObject[];
}

function trafficOf(spec: Field, apex: string, settings: Settings, ledger: Ledger): Traffic {
  const field = spec.at('provider');
  const isGateway = spec.at('service', 'gatewayRefs').isGiven;
  const provider = field.text() ?? (isGateway ? 'gatewayapi:v1' : settings.provider);
  if (!field.isGiven)
    ledger.note(`no provider: taken for ${provider} (--provider), which is set at Flagger itself`);
  field.keep('spec.traffic');
  if (provider === 'istio')
    return { spec: { istio: { virtualService: apex, service: apex } }, hasRoutes: true, isIstio: true };
  if (provider.startsWith('gatewayapi'))
    return { spec: { gatewayAPI: { httpRoutes: [apex], service: apex } }, hasRoutes: true, isIstio: false };
  const asked = trafficBy(settings, apex);
  if (asked !== null) return asked;
  if (provider !== 'kubernetes')
    field.refuse(
      `${provider}: Sluice splits traffic by Istio and by the Gateway API; until then the share is that of the pods (traffic.service). Route by an HTTPRoute, and name it with --route HTTPRoute/NAME`,
    );
  return trafficByPods(apex);
}

function selectorOf(
  deployments: readonly KubeObject[],
  name: string,
  namespace: string,
  ledger: Ledger,
): unknown {
  const found = deployments.find(
    (one) => one.metadata.name === name && (one.metadata.namespace ?? namespace) === namespace,
  );
  const selector = isFields(found?.['spec']) ? found['spec']['selector'] : undefined;
  if (isFields(selector) && isFields(selector['matchLabels'])) return selector['matchLabels'];
  ledger.note(
    `Deployment ${name} is not among what was read: its Service is written with the selector app: ${name}; correct it where the pods have other labels`,
  );
  return { app: name };
}

function restOf(spec: Field): void {
  spec
    .at('metricsServer')
    .remark(
      'which server is asked is set at the controller: --prometheus-url, or a source of --metrics-sources',
    );
  spec
    .at('autoscalerRef')
    .remark('the autoscaler scales the Deployment itself, and the canary follows: there is no second one');
  spec.at('revertOnDeletion').remark('the Deployment has all pods always, so nothing has to be reverted');
  spec.at('suspend').remark('a release is paused by sluice pause');
  spec
    .at('skipAnalysis')
    .remark('a release is judged always; sluice promote --full leaves the rest of one out');
  for (const key of ['ingressRef', 'routeRef', 'upstreamRef'])
    spec
      .at(key)
      .refuse(
        'an ingress is no router of Sluice: route by an HTTPRoute, and name it with --route HTTPRoute/NAME',
      );
}

function stickyOf(field: Field, traffic: Traffic): Readonly<Record<string, unknown>> {
  if (!field.isGiven) return {};
  const [cookie, maxAge] = [field.at('cookieName').text(), field.at('maxAge').number()];
  for (const [key, one] of field.entries())
    if (key !== 'cookieName' && key !== 'maxAge')
      one.refuse('attributes of the cookie are Sluice’s own, and stable needs no cookie');
  if (!traffic.isIstio) {
    field.refuse('clients stay with a version by Istio only (spec.sticky)');
    return {};
  }
  for (const key of ['cookieName', 'maxAge'])
    field.at(key).keep(`spec.sticky.${key === 'maxAge' ? key : 'cookie'}`);
  return {
    sticky: {
      ...(cookie !== undefined && { cookie }),
      ...(maxAge !== undefined && maxAge > 0 && { maxAge: `${Math.round(maxAge)}s` }),
    },
  };
}

function targetOf(spec: Field, ledger: Ledger): string | null {
  const ref = spec.at('targetRef');
  const [kind, name] = [ref.at('kind').text(), nameIn(ref.at('name'))];
  ref.at('apiVersion').keep('spec.target');
  ref.at('kind').keep('spec.target.kind');
  ref.at('name').keep('spec.target.name');
  if (kind === 'Deployment' && name !== undefined) return name;
  ref.refuse('only Deployments are released');
  spec.refuse('its target is no Deployment, so no Rollout is written');
  ledger.refuse('its target is no Deployment, so no Rollout is written');
  return null;
}

/** A Canary as it is read. */
interface Reading {
  readonly spec: Field;
  readonly metadata: ObjectMeta;
  readonly namespace: string;
  readonly traffic: Traffic;
  readonly analysis: Field;
}

const THRESHOLD =
  'shares fail by a test with a known rate of false alarms (analysis.falseAbortRate); a number may fail so often less one in a step (failureLimit)';

function metricsOf(
  { analysis, metadata, namespace, traffic }: Reading,
  templates: readonly KubeObject[],
): KubeObject | null {
  const failures = analysis.at('threshold').number();
  analysis.at('threshold').remark(THRESHOLD, 'failureLimit');
  const context = { canary: metadata.name, namespace, isIstio: traffic.isIstio, templates, failures };
  return templateOf(analysis.at('metrics'), context);
}

function policyOf({ spec, analysis, traffic, namespace }: Reading, ledger: Ledger, beside: Beside) {
  const { pace, steps, longestMs } = paceOf(analysis, ledger, traffic);
  const weights = steps.flatMap(({ weight }) => (typeof weight === 'number' ? [String(weight)] : []));
  const { gates, notifications } = webhooksOf(analysis.at('webhooks'), weights);
  const alerts = alertsOf(analysis.at('alerts'), beside.providers, namespace);
  const deadline = spec.at('progressDeadlineSeconds').number();
  spec.at('progressDeadlineSeconds').keep('spec.deadlines.start');
  const policy = {
    traffic: pace !== undefined && 'rollingUpdate' in pace ? null : traffic,
    steps,
    ...(pace && { pace }),
    gates,
    notifications: [...alerts, ...notifications].slice(0, 8),
    startMs: deadline === undefined || deadline < 1 ? undefined : deadline * 1_000,
    fields: stickyOf(analysis.at('sessionAffinity'), traffic),
  };
  return { policy, longestMs };
}

/** What a Canary became, and what a move of it must know; null where nothing is written for it. */
export interface ConvertedCanary {
  readonly documents: readonly KubeObject[];
  readonly moved: Pick<FlaggerMove, 'target' | 'apex' | 'routes'> | null;
}

/** What splits the traffic, of the routers for which a plan has commands. */
function routesOf({ spec, hasRoutes }: Traffic, isAsked: boolean): FlaggerMove['routes'] {
  if (isAsked) return 'other';
  if ('istio' in spec) return 'istio';
  if ('gatewayAPI' in spec) return 'gatewayAPI';
  return hasRoutes ? 'other' : 'none';
}

/** Converts a Canary of Flagger. */
export function convertCanary(
  ledger: Ledger,
  settings: Settings,
  beside: Beside,
  namespace: string,
): ConvertedCanary {
  const metadata = copyMeta(ledger.root, namespace);
  const spec = ledger.root.at('spec');
  const target = targetOf(spec, ledger);
  restOf(spec);
  if (target === null) return { documents: [], moved: null };
  const service = spec.at('service');
  const name = nameIn(service.at('name')) ?? target;
  const traffic = trafficOf(spec, name, settings, ledger);
  const selector = service.isGiven ? selectorOf(beside.deployments, target, namespace, ledger) : undefined;
  const objects = service.isGiven ? objectsOf(service, { name, namespace, selector }, traffic) : [];
  const analysis = spec.at('analysis').isGiven ? spec.at('analysis') : spec.at('canaryAnalysis');
  const reading = { spec, metadata, namespace, traffic, analysis };
  const { policy, longestMs } = policyOf(reading, ledger, beside);
  const template = metricsOf(reading, beside.templates);
  if (template === null)
    ledger.note(
      `no metric that could be carried over judges the traffic, without which Sluice raises no weight: ClusterAnalysisTemplate ${settings.analysis} is used (--analysis)`,
    );
  const used = template?.metadata ?? { name: settings.analysis };
  const templates = [{ kind: template?.kind ?? 'ClusterAnalysisTemplate', name: used.name }];
  const rollout = rolloutOf(metadata, { ...policy, target, templates }, longestMs);
  const provider = spec.at('provider').text() ?? settings.provider;
  const isOther = !/^(?:istio|kubernetes|gatewayapi.*)$/.test(provider) && !('gatewayAPI' in traffic.spec);
  const documents = [...objects, ...(template === null ? [] : [template]), rollout];
  return { documents, moved: { target, apex: name, routes: routesOf(traffic, isOther) } };
}
