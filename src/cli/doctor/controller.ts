import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { durationText } from '../../view/duration-text.ts';
import { namesText } from '../terminal/table.ts';
import { type Check, failed, INSTALL, ok, type Patient, type Result, unknown, warning } from './check.ts';

/** A lease not renewed for this long has no holder; the controller's lasts 15 s. */
const LEASE_MS = 30_000;

interface ContainerSpec {
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
}

async function deploymentOf({ session, home }: Patient): Promise<KubeObject | null> {
  return session.client.get(RESOURCES.Deployment, { namespace: home, name: 'sluice' });
}

/** A value that is not in the Deployment itself. */
const ELSEWHERE = 'the one of a Secret or ConfigMap';

function flagOf(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(`--${flag}`);
  const apart = at < 0 ? undefined : args[at + 1];
  return args.find((arg) => arg.startsWith(`--${flag}=`))?.slice(flag.length + 3) ?? apart;
}

function variableOf(env: NonNullable<ContainerSpec['env']>, name: string): string | undefined {
  const found = env.find((one) => one.name === name);
  return found?.value ?? (found?.valueFrom === undefined ? undefined : ELSEWHERE);
}

/** A setting of the controller, from the flags or the environment of its Deployment. */
export function settingOf(deployment: KubeObject | null, flag: string): string | undefined {
  const spec = deployment?.['spec'] as { template?: { spec?: { containers?: ContainerSpec[] } } } | undefined;
  const { args = [], env = [] } = spec?.template?.spec?.containers?.[0] ?? {};
  return flagOf(args, flag) ?? variableOf(env, `SLUICE_${flag.toUpperCase().replaceAll('-', '_')}`);
}

/** The state of the controller's Deployment. Without one, a process elsewhere may still lead. */
export function deploymentResult(deployment: KubeObject | null, home: string, leads = false): Result {
  if (deployment === null && leads)
    return ok(
      `the controller runs elsewhere, such as outside of the cluster: there is no Deployment sluice in namespace ${home}, so its settings cannot be read`,
    );
  if (deployment === null)
    return warning(
      `there is no Deployment sluice in namespace ${home}`,
      `${INSTALL}; or name the namespace with --controller-namespace`,
    );
  const { replicas = 1 } = (deployment['spec'] ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (deployment['status'] ?? {}) as { readyReplicas?: number };
  const message = `${readyReplicas} of ${replicas} replicas are ready`;
  if (readyReplicas === 0) return failed(message, `kubectl logs -n ${home} deployment/sluice`);
  return readyReplicas < replicas ? warning(message, `kubectl get pods -n ${home}`) : ok(message);
}

/** Whether somebody leads. */
export function leaseResult(lease: KubeObject | null, home: string, now: number): Result {
  const { holderIdentity = '', renewTime } = (lease?.['spec'] ?? {}) as {
    holderIdentity?: string;
    renewTime?: string;
  };
  if (holderIdentity === '' || renewTime === undefined)
    return failed(
      'no controller holds the Lease sluice, so nothing works',
      `kubectl get pods -n ${home}; kubectl logs -n ${home} deployment/sluice`,
    );
  const age = now - Date.parse(renewTime);
  if (age > LEASE_MS)
    return failed(
      `${holderIdentity} has not renewed the Lease sluice for ${durationText(age)}`,
      `kubectl logs -n ${home} deployment/sluice`,
    );
  return ok(`${holderIdentity} leads (renewed ${durationText(age)} ago)`);
}

async function leading({ session, home }: Patient): Promise<Result[]> {
  const place = { namespace: home, name: 'sluice' };
  const [deployment, lease] = await Promise.all([
    session.client.get(RESOURCES.Deployment, place),
    session.client.get(RESOURCES.Lease, place),
  ]);
  const leader = leaseResult(lease, home, Date.now());
  return [deploymentResult(deployment, home, leader.state === 'ok'), leader];
}

const QUERY = '/api/v1/query?query=vector(1)';

/**
 * The path by which the API server passes a request on to a Service, or null if the URL names none: `NAME.NAMESPACE`,
 * with or without `svc` and the domain of the cluster. Any other name is outside the cluster.
 */
export function proxyPath(url: string): string | null {
  const { protocol, hostname, port, pathname } = new URL(url);
  const [service, namespace, svc] = hostname.split('.');
  const isService =
    namespace !== undefined && !/^\d+$/.test(namespace) && (svc === undefined || svc === 'svc');
  if (!isService) return null;
  const scheme = protocol === 'https:' ? 'https:' : '';
  const at = port === '' ? (scheme === '' ? '80' : '443') : port;
  return `/api/v1/namespaces/${namespace}/services/${scheme}${service}:${at}/proxy${pathname.replace(/\/$/, '')}`;
}

async function prometheus(patient: Patient): Promise<Result[]> {
  const { session, prometheusUrl } = patient;
  const given = settingOf(await deploymentOf(patient), 'prometheus-url')?.split(',')[0];
  const url = prometheusUrl ?? given ?? 'http://prometheus.monitoring:9090';
  if (!URL.canParse(url)) return [failed(`"${url}" is no URL`, 'set --prometheus-url of the controller')];
  const answer = await (prometheusUrl === undefined ? throughApi(session, url) : directly(url));
  if (answer.code === 200 && answer.text.includes('"success"')) return [ok(`${url} answers`)];
  if (answer.code === 0 || answer.code === 403)
    return [
      unknown(
        `${url} cannot be asked from here (${answer.text}); give --prometheus-url as this machine reaches it`,
      ),
    ];
  const fix =
    answer.code === 503
      ? 'check that Prometheus runs; the API server passes nothing on to addresses that are no pods: for those give --prometheus-url as this machine reaches it'
      : 'check the --prometheus-url of the controller, and that Prometheus runs';
  return [failed(`${url} does not answer queries: HTTP ${answer.code} ${saidBy(answer.text)}`, fix)];
}

/** The text of an answer: the API server's is in the message of a Status. */
function saidBy(text: string): string {
  const message = /^\s*\{/.test(text) ? /"message":\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1] : undefined;
  const words = message === undefined ? text : (JSON.parse(message) as string);
  return words.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

function throughApi(session: Patient['session'], url: string): Promise<Answer> {
  const path = proxyPath(url);
  if (path === null) return Promise.resolve({ code: 0, text: 'it is no Service of the cluster' });
  return session.fetchText(`${path}${QUERY}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'no answer');

async function directly(url: string): Promise<Answer> {
  const signal = AbortSignal.timeout(5_000);
  const { proxiedFetch } = await import('../../http/outgoing/agents.ts');
  return proxiedFetch(`${url.replace(/\/$/, '')}${QUERY}`, { signal }).then(
    async (answer) => ({ code: answer.status, text: await answer.text() }),
    (error: Error) => ({ code: 502, text: messageOf(error.cause ?? error) }),
  );
}

/** Whether a controller with Redis is connected, by its own metrics. */
export function redisResult(url: string | undefined, metrics: string | null): Result {
  const connected = /^sluice_queue_connected(?:\{[^}]*\})? (\d)/m.exec(metrics ?? '')?.[1];
  // The metrics are more reliable than the Deployment, whose environment may come from elsewhere.
  if (url === undefined && connected === undefined)
    return ok('not used: the queue is in memory, and one replica works at a time');
  const shown = url === undefined ? 'Redis' : url.replace(/\/\/[^@/]*@/, '//***@');
  if (connected === undefined)
    return unknown(`${shown}: the metrics of the controller cannot be read from here`);
  if (connected === '1') return ok(`${shown} is connected`);
  return warning(
    `${shown} is not connected; each replica continues from its own memory`,
    'check Redis and the --redis-url of the controller',
  );
}

async function redis(patient: Patient): Promise<Result[]> {
  const { session, home } = patient;
  const deployment = await deploymentOf(patient);
  if (deployment === null)
    return [unknown(`there is no Deployment sluice in namespace ${home} to read it from`)];
  const pods = await session.client.list(RESOURCES.Pod, home, {
    labelSelector: 'app.kubernetes.io/name=sluice',
    limit: 1,
  });
  const name = pods.items[0]?.metadata.name;
  const path = `/api/v1/namespaces/${home}/pods/${name}:8080/proxy/metrics`;
  const figures = name === undefined ? null : await session.fetchText(path);
  return [redisResult(settingOf(deployment, 'redis-url'), figures?.code === 200 ? figures.text : null)];
}

async function templates({ session }: Patient): Promise<Result[]> {
  const { items } = await session.client.list(RESOURCES.ClusterAnalysisTemplate, undefined);
  const names = items.map(({ metadata }) => metadata.name);
  if (names.length > 0) return [ok(names.join(', '))];
  return [
    warning(
      'there is no ClusterAnalysisTemplate, so annotations have nothing to be judged by',
      'kubectl apply -k analysis-templates',
    ),
  ];
}

/** Rollouts that would not gate the next change, grouped by reason. */
export function rolloutsResult(rollouts: readonly Rollout[]): Result[] {
  const bad = rollouts.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return [];
    const name = `${metadata.namespace}/${metadata.name}`;
    return [{ name, text: ready?.message ?? 'the controller has not observed it' }];
  });
  if (bad.length === 0) return [ok(`${rollouts.length} of ${rollouts.length} gate the next change`)];
  return [...Map.groupBy(bad, ({ text }) => text)].map(([text, alike]) =>
    warning(`${namesText(alike.map(({ name }) => name))}: ${text}`, 'sluice status'),
  );
}

/** The controller and its dependencies. */
export const CONTROLLER: readonly Check[] = [
  { title: 'Controller', run: leading },
  { title: 'Prometheus', run: prometheus },
  { title: 'Redis', run: redis },
  { title: 'Templates', run: templates },
  {
    title: 'Rollouts',
    run: async ({ session }) =>
      rolloutsResult(
        (await session.client.list(RESOURCES.Rollout, undefined, { limit: 500 })).items as Rollout[],
      ),
  },
];
