import type { KubeObject } from '../../api/meta.ts';
import { isFields } from '../ledger/path.ts';
import type { Move, MoveStep } from '../output.ts';

/** What a move of a Canary of Flagger is planned from. */
export interface FlaggerMove {
  readonly namespace: string;
  readonly canary: KubeObject;
  /** The Deployment. */
  readonly target: string;
  /** The Service that callers name, and its routes. */
  readonly apex: string;
  /** What splits the traffic; `other` where Sluice has no such router. */
  readonly routes: 'istio' | 'gatewayAPI' | 'none' | 'other';
  /** What was written for it. */
  readonly documents: readonly KubeObject[];
  /** HTTPRoutes among what was read. */
  readonly httpRoutes: readonly KubeObject[];
}

type Fields = Readonly<Record<string, unknown>>;

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", String.raw`'\''`)}'`;
const fieldsAt = (value: unknown, key: string): Fields => {
  const found = isFields(value) ? value[key] : undefined;
  return isFields(found) ? found : {};
};
const kubectlOf = ({ namespace }: FlaggerMove): string => `kubectl -n ${namespace}`;
const nameOf = ({ canary }: FlaggerMove): string => canary.metadata.name;
const specOf = ({ canary }: FlaggerMove): Fields => fieldsAt(canary, 'spec');

function suspended(move: FlaggerMove): MoveStep {
  const kubectl = kubectlOf(move);
  const images = (name: string): string =>
    `$(${kubectl} get deployment ${name} -o jsonpath='{.spec.template.spec.containers[*].image}')`;
  const fields = { metadata: { finalizers: null }, spec: { suspend: true, revertOnDeletion: false } };
  return {
    title: 'Have Flagger leave this Canary alone',
    why: [
      'No release may be under way. The Deployment must have the version that serves: after a failed canary, push the good version again first.',
      'Without revertOnDeletion and its finalizer nothing is reverted when the Canary goes. Flagger before 1.32 knows no suspend: stop it for all, kubectl -n flagger-system scale deployment/flagger --replicas=0',
    ],
    commands: [
      `test "${images(move.target)}" = "${images(`${move.target}-primary`)}" || { echo 'Deployment ${move.target} has other images than ${move.target}-primary: push the version that serves first'; exit 1; }`,
      `${kubectl} patch canaries.flagger.app ${nameOf(move)} --type=merge -p ${quoted(fields)}`,
    ],
  };
}

/** KEDA keeps the Deployment at 0 by an annotation, which Flagger has put there. */
function resumedScaler(move: FlaggerMove): readonly string[] {
  const { kind, name } = fieldsAt(specOf(move), 'autoscalerRef');
  return kind === 'ScaledObject' && typeof name === 'string'
    ? [`${kubectlOf(move)} annotate scaledobjects.keda.sh ${name} autoscaling.keda.sh/paused-replicas-`]
    : [];
}

function ownPods(move: FlaggerMove): MoveStep {
  const [kubectl, { target }] = [kubectlOf(move), move];
  return {
    title: 'Start as many pods of the Deployment as its copy has',
    why: ['Both run until the last steps: leave room for twice the pods. They get no requests yet.'],
    commands: [
      ...resumedScaler(move),
      `REPLICAS=$(${kubectl} get deployment ${target}-primary -o jsonpath='{.spec.replicas}')`,
      `${kubectl} scale deployment/${target} --replicas="$REPLICAS"`,
      `${kubectl} rollout status deployment/${target} --timeout=30m`,
    ],
  };
}

function served(move: FlaggerMove): MoveStep {
  const service = move.documents.find(({ kind }) => kind === 'Service');
  const { selector } = fieldsAt(service, 'spec');
  const patch = { spec: { selector: selector ?? { app: move.target } } };
  return {
    title: `Have Service ${move.apex} select the pods of the Deployment`,
    why: ['The copy still runs, so requests under way are answered; wait until every proxy has followed.'],
    commands: [`${kubectlOf(move)} patch service ${move.apex} --type=merge -p ${quoted(patch)}`, 'sleep 15'],
  };
}

/** The one backend of each rule: the Service that callers name, by the port that the route has. */
function backendPatches({ apex, httpRoutes, namespace, canary }: FlaggerMove): readonly object[] {
  const found = httpRoutes.find(
    ({ metadata }) => metadata.name === apex && (metadata.namespace ?? namespace) === namespace,
  );
  const { rules } = fieldsAt(found, 'spec');
  const count = Array.isArray(rules) ? Math.max(1, rules.length) : 1;
  const { port } = fieldsAt(fieldsAt(canary, 'spec'), 'service');
  const backend = { name: apex, ...(typeof port === 'number' ? { port } : {}) };
  return Array.from({ length: count }, (_none, index) => ({
    op: 'replace',
    path: `/spec/rules/${index}/backendRefs`,
    value: [backend],
  }));
}

function routeCommand(move: FlaggerMove): string {
  const kubectl = kubectlOf(move);
  if (move.routes === 'gatewayAPI')
    return `${kubectl} patch httproutes.gateway.networking.k8s.io ${move.apex} --type=json -p ${quoted(backendPatches(move))}`;
  const written = move.documents.find(({ kind }) => kind === 'VirtualService');
  const { http } = fieldsAt(written, 'spec');
  const patch = { spec: { http: http ?? [{ route: [{ destination: { host: move.apex } }] }] } };
  return `${kubectl} patch virtualservices.networking.istio.io ${move.apex} --type=merge -p ${quoted(patch)}`;
}

const BY_HAND =
  'Sluice does not split by this router: have its routes name the Service above in place of that of the copy, and of the canary, by hand.';

function routed(move: FlaggerMove): readonly MoveStep[] {
  if (move.routes === 'none') return [];
  if (move.routes === 'other') return [{ title: 'Change the routes', why: [BY_HAND], commands: [] }];
  return [
    {
      title: `Leave Service ${move.apex} as the one destination of the routes`,
      why: ['Matches with a canary of their own go with that. Wait until every proxy has followed.'],
      commands: [routeCommand(move), 'sleep 15'],
    },
  ];
}

const COPIED: Readonly<Record<string, string>> = { configmap: 'configmap', secret: 'secret' };

/** What Flagger copied for `-primary`: ConfigMaps and Secrets as its status has them, as KIND/NAME. */
function copies(canary: KubeObject): readonly string[] {
  return Object.keys(fieldsAt(fieldsAt(canary, 'status'), 'trackedConfigs')).flatMap((key) => {
    const [kind = '', name = ''] = key.split('/');
    const known = COPIED[kind];
    return known === undefined || name === '' ? [] : [`${known}/${name}-primary`];
  });
}

const SCALERS: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'horizontalpodautoscalers.autoscaling',
  ScaledObject: 'scaledobjects.keda.sh',
};

/** The names of what Flagger makes for both versions. */
const both = (name: string): string => `${name}-primary ${name}-canary`;

function removed(move: FlaggerMove): MoveStep {
  const { target, apex, canary } = move;
  const scaler = fieldsAt(specOf(move), 'autoscalerRef');
  const scalers = SCALERS[String(scaler['kind'])];
  const gone = [
    ...(scalers === undefined ? [] : [`${scalers}/${String(scaler['name'])}-primary`]),
    `deployment/${target}-primary`,
    ...copies(canary),
  ];
  const remove = (what: string): string => `${kubectlOf(move)} delete ${what} --ignore-not-found`;
  return {
    title: 'Remove the Canary, and then its copies, which get no requests any more',
    why: [
      'With --cascade=orphan Service and routes stay. From here on there is no way back but to convert again.',
      'Copies of ConfigMaps and Secrets end in -primary as well; those that the status of the Canary names are among the commands.',
    ],
    commands: [
      `${kubectlOf(move)} delete canaries.flagger.app ${nameOf(move)} --cascade=orphan --timeout=1m`,
      remove(gone.join(' ')),
      remove(`service ${both(apex)}`),
      ...(move.routes === 'istio' ? [remove(`destinationrules.networking.istio.io ${both(apex)}`)] : []),
    ],
  };
}

function gated(move: FlaggerMove): MoveStep {
  const isGateway = move.routes === 'gatewayAPI';
  const route =
    'Take the HTTPRoute out of it where the one of Flagger has matches or filters: those are not written.';
  return {
    title: 'Hand the workload to Sluice',
    why: ['sluice.yaml is what sluice convert wrote.', ...(isGateway ? [route] : [])],
    commands: [
      `${kubectlOf(move)} apply -f sluice.yaml`,
      `sluice preflight rollout/${nameOf(move)} -n ${move.namespace}`,
    ],
  };
}

/** How a Canary of Flagger is moved without downtime. */
export function planFlagger(move: FlaggerMove): Move {
  const kubectl = kubectlOf(move);
  const back = {
    title: 'Back, as long as the Canary is not removed',
    why: [
      'Flagger writes Service and routes again; when they name the copy, the pods of the Deployment may go.',
    ],
    commands: [
      `${kubectl} patch canaries.flagger.app ${nameOf(move)} --type=merge -p '{"spec":{"suspend":false}}'`,
      `until ${kubectl} get service ${move.apex} -o jsonpath='{.spec.selector}' | grep -q -- -primary; do sleep 1; done`,
      'sleep 15',
      `${kubectl} scale deployment/${move.target} --replicas=0`,
    ],
  };
  const steps = [suspended(move), ownPods(move), served(move), ...routed(move), removed(move), gated(move)];
  return { steps, back: [back] };
}
