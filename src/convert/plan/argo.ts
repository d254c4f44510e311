import type { KubeObject } from '../../api/meta.ts';
import { isFields } from '../ledger/path.ts';
import type { Move, MoveStep } from '../output.ts';

/** What a move of a Rollout of Argo is planned from. */
export interface ArgoMove {
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
  /** The Deployment to create, or the name and replicas of the Deployment that is there. */
  readonly workload: {
    readonly name: string;
    readonly replicas: number;
    readonly written: KubeObject | null;
  };
  /** VirtualServices among what was read. */
  readonly virtualServices: readonly KubeObject[];
}

const ARGO_HASH = 'rollouts-pod-template-hash';

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", String.raw`'\''`)}'`;

type Fields = Readonly<Record<string, unknown>>;

interface Facts {
  readonly kubectl: string;
  readonly service: string | undefined;
  readonly canaryService: string | undefined;
  /** Argo Rollouts writes the hash of the version into the selector of the Service. */
  readonly isManaged: boolean;
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = keys.reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The HTTP routes of the VirtualService that the source names, if it was read. */
function routesOf({
  virtualServices,
  spec,
  namespace,
}: Pick<ArgoMove, 'virtualServices' | 'spec' | 'namespace'>): {
  readonly name: string;
  readonly http: readonly unknown[];
} {
  const name = textAt(spec, 'strategy', 'canary', 'trafficRouting', 'istio', 'virtualService', 'name') ?? '';
  const found = virtualServices.find(
    (one) => one.metadata.name === name && (one.metadata.namespace ?? namespace) === namespace,
  );
  const http = isFields(found?.['spec']) ? found['spec']['http'] : [];
  return { name, http: Array.isArray(http) ? http : [] };
}

/** The Service of a destination with a subset, where it is named without a domain. */
function hostOf(routes: readonly unknown[]): string | undefined {
  const subsets = routes
    .flatMap(destinationsOf)
    .filter(({ destination }) => textAt(destination, 'subset') !== undefined);
  const hosts = new Set(subsets.map(({ destination }) => textAt(destination, 'host')));
  const [only = '', ...more] = hosts;
  return more.length === 0 && /^[a-z0-9-]+$/.test(only) ? only : undefined;
}

function factsOf(move: ArgoMove): Facts {
  const { namespace, spec } = move;
  const [canary, blueGreen] = [
    ['strategy', 'canary'],
    ['strategy', 'blueGreen'],
  ] as const;
  const named = textAt(spec, ...canary, 'stableService') ?? textAt(spec, ...blueGreen, 'activeService');
  return {
    kubectl: `kubectl -n ${namespace}`,
    service: named ?? hostOf(routesOf(move).http),
    canaryService: textAt(spec, ...canary, 'canaryService') ?? textAt(spec, ...blueGreen, 'previewService'),
    isManaged: named !== undefined,
  };
}

const destinationsOf = (route: unknown): readonly Fields[] =>
  isFields(route) && Array.isArray(route['route']) ? route['route'].filter(isFields) : [];

interface RoutePatch {
  readonly forward: string;
  readonly back: string;
}

/** The one destination of a route without the parts of Argo Rollouts; null where it has none of them. */
function wholeRoute(route: unknown, { service, canaryService }: Facts): Fields | null {
  const all = destinationsOf(route);
  const stable = all.find(({ destination }) => textAt(destination, 'host') !== canaryService) ?? all[0];
  const destination = stable?.['destination'];
  if (!isFields(destination) || (all.length < 2 && destination['subset'] === undefined)) return null;
  const { subset: _subset, ...rest } = destination;
  return { destination: { ...rest, host: service ?? rest['host'] } };
}

/** Patches that leave one destination in each route of a VirtualService, and those that bring the others back. */
function routePatches(move: ArgoMove, facts: Facts): readonly RoutePatch[] {
  const { name, http } = routesOf(move);
  const changes = http.flatMap((route: unknown, index) => {
    const whole = wholeRoute(route, facts);
    const path = `/spec/http/${index}/route`;
    return whole === null ? [] : [{ path, forward: [whole], back: destinationsOf(route) }];
  });
  if (changes.length === 0) return [];
  const patch = (values: readonly object[]): string =>
    `${facts.kubectl} patch virtualservice ${name} --type=json -p ${quoted(values)}`;
  return [
    {
      forward: patch(changes.map(({ path, forward }) => ({ op: 'replace', path, value: forward }))),
      back: patch(changes.map(({ path, back }) => ({ op: 'replace', path, value: back }))),
    },
  ];
}

const instance = 'argo-rollouts.argoproj.io/controller-instance-id';

function ownPods({ workload }: ArgoMove, { kubectl }: Facts): MoveStep {
  const create = `${kubectl} apply -f - <<'EOF'\n${JSON.stringify(workload.written)}\nEOF`;
  const scale = `${kubectl} scale deployment/${workload.name} --replicas=${workload.replicas}`;
  return {
    title: 'Start pods of the Deployment beside those of Argo Rollouts',
    why: ['Both run until the last steps: leave room for twice the pods.'],
    commands: [
      workload.written === null ? scale : create,
      `${kubectl} rollout status deployment/${workload.name} --timeout=30m`,
    ],
  };
}

/** The labels of the Deployment's selector, as a selector of kubectl. */
const SELECTOR = `go-template='{{range $key, $value := .spec.selector.matchLabels}}{{$key}}={{$value}},{{end}}'`;

function serviceSteps({ service, kubectl }: Facts, workload: string): readonly MoveStep[] {
  if (service === undefined) return [];
  const labels = `LABELS=$(${kubectl} get deployment ${workload} -o ${SELECTOR})`;
  const hash = `HASH=$(${kubectl} get pods -l "\${LABELS}pod-template-hash,!${ARGO_HASH}" -o jsonpath='{.items[0].metadata.labels.pod-template-hash}')`;
  const patch = `${kubectl} patch service ${service} --type=merge -p "{\\"spec\\":{\\"selector\\":{\\"${ARGO_HASH}\\":null,\\"pod-template-hash\\":\\"$HASH\\"}}}"`;
  return [
    {
      title: `Give the requests of Service ${service} to the pods of the Deployment`,
      why: [
        'The pods of Argo Rollouts still run, so requests under way are answered; wait until every proxy has followed.',
      ],
      commands: [labels, hash, patch, 'sleep 15'],
    },
  ];
}

function stopped({ name }: ArgoMove, { kubectl }: Facts): MoveStep {
  return {
    title: 'Have Argo Rollouts leave this Rollout alone',
    why: [
      'No release may be under way. The label names another instance of the controller: it ignores the Rollout from now on, and its pods stay.',
      'Or stop the controller for all: kubectl -n argo-rollouts scale deployment/argo-rollouts --replicas=0',
    ],
    commands: [`${kubectl} label rollouts.argoproj.io ${name} ${instance}=moving`],
  };
}

const ROUTED =
  'Requests still go to the same pods. A DestinationRule with the subsets of Argo Rollouts may go once this is in force everywhere.';
const BY_HAND =
  'Routes that name the Service or the subset of the canary: take that destination out, and the subset of the other one. This needs the VirtualService among the input, or your hand.';

function routed(routes: readonly RoutePatch[]): MoveStep {
  const commands = routes.length > 0 ? [...routes.map(({ forward }) => forward), 'sleep 15'] : [];
  return {
    title: 'Leave one destination in the routes',
    why: [routes.length > 0 ? ROUTED : BY_HAND],
    commands,
  };
}

function removed({ name }: ArgoMove, { kubectl, service, canaryService }: Facts): MoveStep {
  const widen = `${kubectl} patch service ${service} --type=merge -p '{"spec":{"selector":{"pod-template-hash":null}}}'`;
  const hasCanary = canaryService !== undefined && canaryService !== service;
  return {
    title: 'Remove the Rollout of Argo with its pods, which get no requests any more',
    why: ['From here on there is no way back but to convert again.'],
    commands: [
      `${kubectl} delete rollouts.argoproj.io ${name} --cascade=foreground --timeout=10m`,
      ...(service === undefined ? [] : [widen]),
      ...(hasCanary ? [`${kubectl} delete service ${canaryService} --ignore-not-found`] : []),
    ],
  };
}

function gated({ namespace, name }: ArgoMove, { kubectl }: Facts): MoveStep {
  return {
    title: 'Hand the workload to Sluice',
    why: ['sluice.yaml is what sluice convert wrote.'],
    commands: [`${kubectl} apply -f sluice.yaml`, `sluice preflight rollout/${name} -n ${namespace}`],
  };
}

/** How a Rollout of Argo is moved without downtime. */
export function planArgo(move: ArgoMove): Move {
  const facts = factsOf(move);
  const routes = routePatches(move, facts);
  const served = serviceSteps(facts, move.workload.name);
  const steps = [stopped(move, facts), ownPods(move, facts), routed(routes), ...served];
  return { steps: [...steps, removed(move, facts), gated(move, facts)], back: backOf(move, facts, routes) };
}

function backOf(
  { name, workload }: ArgoMove,
  { kubectl, service, isManaged }: Facts,
  routes: readonly RoutePatch[],
): readonly MoveStep[] {
  const stable = `HASH=$(${kubectl} get rollouts.argoproj.io ${name} -o jsonpath='{.status.stableRS}')`;
  const own = `{\\"pod-template-hash\\":null${isManaged ? `,\\"${ARGO_HASH}\\":\\"$HASH\\"` : ''}}`;
  const patch = `${kubectl} patch service ${service} --type=merge -p "{\\"spec\\":{\\"selector\\":${own}}}"`;
  const gone =
    workload.written === null
      ? `${kubectl} scale deployment/${workload.name} --replicas=0`
      : `${kubectl} delete deployment ${workload.name}`;
  return [
    {
      title: 'Back, as long as the Rollout of Argo is not removed',
      why: ['In this order; the pods of Argo Rollouts serve again before those of the Deployment go.'],
      commands: [
        ...(service === undefined ? [] : [stable, patch]),
        ...routes.map(({ back }) => back),
        'sleep 15',
        gone,
        `${kubectl} label rollouts.argoproj.io ${name} ${instance}-`,
      ],
    },
  ];
}
