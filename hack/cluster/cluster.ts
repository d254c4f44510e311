import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../src/api/meta.ts';
import { addresses, maxNodes } from './addresses.ts';
import { type Binaries, ensureBinaries } from './binaries/binaries.ts';
import type { PartFiles } from './binaries/optional-parts.ts';
import { pinned } from './binaries/pins.ts';
import { ClusterError, type Log } from './cluster-error.ts';
import { asBase64, type Subject } from './parts/certificates.ts';
import {
  bootstrapArguments,
  CONTOUR_FILES,
  CONTOUR_SETTINGS,
  contourEnvoySpec,
  contourObjects,
  contourSpec,
} from './parts/contour.ts';
import {
  apiServerSpec,
  auditLog,
  type ControlPlaneInput,
  controllerManagerSpec,
  etcdSpec,
  schedulerSpec,
  writeControlPlaneFiles,
} from './parts/control-plane.ts';
import { istioGatewayObjects } from './parts/gateway-api.ts';
import { apiServerUrl, createIdentities, type Identities } from './parts/identities.ts';
import { VALIDATOR, validatorConfiguration } from './parts/istiod-webhook.ts';
import {
  envoySpec,
  gatewayProxy,
  ISTIOD_DEBOUNCE_MAX,
  istiodSpec,
  type MeshInput,
  meshProxy,
  writeMeshFiles,
} from './parts/mesh.ts';
import { type NodeMode, nodeSpec } from './parts/node-agent.ts';
import { prometheusSpec, redisSpec } from './parts/observability.ts';
import { run } from './process/command.ts';
import { type Component, type ComponentSpec, createComponent } from './process/component.ts';
import { insideNamespace } from './process/namespace.ts';
import { yamlText } from './yaml-text.ts';

export interface ClusterOptions {
  /** Folder of the cluster's state and logs; emptied at the start. */
  readonly dir: string;
  /** Nodes, each with a node agent; 1 unless told. */
  readonly nodes?: number;
  /** `nvidia.com/gpu` of each node; 8 unless told. */
  readonly gpusPerNode?: number;
  readonly nodeMode?: NodeMode;
  /** istiod, the ingress gateway and the mesh proxy; on unless told. */
  readonly istio?: boolean;
  /** Whether the mesh's proxies send a failed request again where a route says nothing of it; on unless told. */
  readonly retries?: boolean;
  /** Contour with an Envoy of its own, as found by `ensurePart`; needs `istio`, with which the Gateway API comes. */
  readonly contour?: PartFiles | null;
  /** The definition of InferencePools, as found by `ensurePart`, to which istiod then routes; needs `istio`. */
  readonly endpointPicker?: PartFiles | null;
  readonly prometheus?: boolean;
  readonly redis?: boolean;
  /** How often Prometheus scrapes, as it writes durations; `1s` unless told. */
  readonly scrapeInterval?: string;
  /** How long a node may be silent before its pods count as not ready, seconds; 10 unless told. */
  readonly nodeGraceSeconds?: number;
  /** How often the HorizontalPodAutoscaler looks, seconds; 5 unless told. */
  readonly hpaSyncSeconds?: number;
  /** Edges of Envoy's request time histogram, milliseconds. */
  readonly latencyBuckets?: readonly number[];
  /** Found by `ensureBinaries` unless handed in. */
  readonly binaries?: Binaries;
  readonly log?: Log;
}

/** A running cluster. Every URL is for processes in the same network namespace. */
export interface Cluster {
  readonly dir: string;
  /** One log file a component, and a folder a node. */
  readonly logs: string;
  /** Kubeconfig of a member of system:masters. */
  readonly kubeconfig: string;
  readonly apiServer: string;
  readonly auditLog: string;
  readonly prometheusUrl: string;
  readonly redisUrl: string;
  /** The ingress gateway for a Gateway with selector `istio: ingressgateway` and port 80; another port goes by its number. */
  readonly gatewayUrl: string;
  /** The same gateway for routes of the Gateway API, whose parent is the Gateway `ISTIO_GATEWAY`. */
  readonly gatewayApiUrl: string;
  /** An HTTP proxy that routes by the mesh's rules, as in `curl -x URL http://model.default.svc.cluster.local/`. */
  readonly meshProxyUrl: string;
  /** istiod's HTTP port, with `/debug/syncz`. */
  readonly istiodUrl: string;
  /** Longest time over which istiod gathers changes into one push, as a controller's flag has it. */
  readonly istiodDebounceMax: string;
  readonly binaries: Binaries;
  readonly components: readonly Component[];
  /** A component by name, such as `etcd` or `node-0`; throws when the cluster has none of this name. */
  component(name: string): Component;
  /** Runs kubectl as the administrator and returns its output; throws with its error output when it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** Applies YAML text on the server's side, as the administrator. */
  apply(manifests: string, ...args: string[]): Promise<string>;
  /** Writes a kubeconfig for a user of these groups and returns its path. */
  userKubeconfig(user: Omit<Subject, 'altNames'>): Promise<string>;
  /** Writes a kubeconfig with a token (24 hours) of an existing ServiceAccount and returns its path. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Ends every component, the last started first. */
  stop(): Promise<void>;
}

/** Bounds in milliseconds that a latency objective is likely to use. */
const defaultBuckets = [
  5, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 5000, 10000,
];

type Settings = Required<Omit<ClusterOptions, 'log'>> & { readonly log: Log; readonly logs: string };

async function settle(options: ClusterOptions): Promise<Settings> {
  const log = options.log ?? (() => undefined);
  const settings = {
    nodes: 1,
    gpusPerNode: 8,
    nodeMode: 'processes' as const,
    istio: true,
    contour: null,
    endpointPicker: null,
    retries: true,
    prometheus: true,
    redis: true,
    scrapeInterval: '1s',
    nodeGraceSeconds: 10,
    hpaSyncSeconds: 5,
    latencyBuckets: defaultBuckets,
    ...options,
    binaries: options.binaries ?? (await ensureBinaries({ log })),
    logs: join(options.dir, 'logs'),
    log,
  };
  if (settings.nodes < 0 || settings.nodes > maxNodes) {
    throw new ClusterError(`nodes: ${settings.nodes} is not possible, a cluster has 0 to ${maxNodes} nodes`);
  }
  return settings;
}

/** Starts components, remembers them in order, and stops them in reverse. */
function createStack(log: Log) {
  const members: Component[] = [];
  return {
    members,
    async start(spec: ComponentSpec): Promise<void> {
      const component = createComponent(spec);
      members.push(component);
      const started = performance.now();
      await component.start();
      log(`${spec.name} is ready (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    },
    async stop(): Promise<void> {
      const nodes = members.filter(({ name }) => name.startsWith('node-'));
      await Promise.all(nodes.map((node) => node.stop()));
      for (const component of members.toReversed()) await component.stop();
    },
  };
}
type Stack = ReturnType<typeof createStack>;

async function startControlPlane(input: ControlPlaneInput, stack: Stack): Promise<string> {
  const { identities, directory } = input;
  const masters = ['system:masters'];
  const [admin, manager, scheduler] = await Promise.all([
    identities.userKubeconfig({ name: 'admin', groups: masters }),
    identities.userKubeconfig({ name: 'system:kube-controller-manager' }),
    identities.userKubeconfig({ name: 'system:kube-scheduler' }),
  ]);
  await writeControlPlaneFiles(directory, scheduler);
  await stack.start(etcdSpec(input));
  await stack.start(apiServerSpec(input));
  await Promise.all([stack.start(controllerManagerSpec(input, manager)), stack.start(schedulerSpec(input))]);
  return admin;
}

type Kubectl = (...args: string[]) => Promise<string>;

async function applyObjects(
  directory: string,
  name: string,
  objects: readonly KubeObject[],
  kubectl: Kubectl,
): Promise<void> {
  const file = join(directory, `${name}-objects.yaml`);
  await writeFile(file, objects.map(yamlText).join('\n---\n'));
  await kubectl('apply', '--server-side', '-f', file);
}

async function startMesh(
  input: MeshInput,
  settings: Settings,
  identities: Identities,
  admin: string,
  stack: Stack,
) {
  const { binaries, endpointPicker } = settings;
  const kubectl: Kubectl = (...args) => run(binaries.kubectl, ['--kubeconfig', admin, ...args]);
  const pools = endpointPicker === null ? [] : [endpointPicker.crds];
  const definitions = [binaries.istioCrds, binaries.gatewayApiCrds, ...pools];
  const [istiod] = await Promise.all([
    identities.userKubeconfig({ name: 'istiod', groups: ['system:masters'] }),
    writeMeshFiles(input, pinned.istio),
    kubectl('create', 'namespace', 'istio-system'),
    ...definitions.map((crds) => kubectl('apply', '--server-side', '-f', crds)),
  ]);
  for (const crds of definitions)
    await kubectl('wait', '--for=condition=Established', '--timeout=60s', '-f', crds);
  await kubectl('apply', '--server-side', '-f', join(input.directory, 'plain-traffic.yaml'));
  const { authority, istiodServer: server } = identities;
  await stack.start(istiodSpec(input, istiod, { authority: authority.cert, server }));
  const validator = { name: VALIDATOR, authority: await asBase64(authority.cert) };
  const file = join(input.directory, 'validator.yaml');
  await writeFile(file, yamlText(validatorConfiguration(validator)));
  await kubectl('apply', '--server-side', '-f', file);
  await applyObjects(input.directory, 'gateway', istioGatewayObjects(), kubectl);
  await Promise.all([
    stack.start(envoySpec(input, gatewayProxy, 1)),
    stack.start(envoySpec(input, meshProxy, 2)),
  ]);
}

async function startContour(
  contour: PartFiles,
  settings: Settings,
  identities: Identities,
  admin: string,
  stack: Stack,
): Promise<void> {
  const { binaries, logs } = settings;
  const directory = join(settings.dir, 'contour');
  const kubectl: Kubectl = (...args) => run(binaries.kubectl, ['--kubeconfig', admin, ...args]);
  await mkdir(directory);
  const kubeconfig = await identities.userKubeconfig({ name: 'contour', groups: ['system:masters'] });
  await kubectl('apply', '--server-side', '-f', contour.crds);
  await kubectl('wait', '--for=condition=Established', '--timeout=60s', '-f', contour.crds);
  await applyObjects(directory, 'contour', contourObjects(), kubectl);
  await writeFile(join(directory, CONTOUR_FILES.settings), yamlText(CONTOUR_SETTINGS));
  await run(contour.program, bootstrapArguments({ directory }));
  const input = { contour, envoy: binaries.envoy, kubeconfig, directory, logs };
  await stack.start(contourSpec(input));
  await stack.start(contourEnvoySpec(input));
}

async function startNodes(settings: Settings, identities: Identities, stack: Stack): Promise<void> {
  const { nodes, gpusPerNode: gpus, nodeMode: mode, logs } = settings;
  if (nodes === 0) return;
  const user = { name: 'node-agent', groups: ['system:masters'] };
  const kubeconfig = await identities.userKubeconfig(user);
  const pki = (file: string): Promise<string> => readFile(join(settings.dir, 'pki', file), 'utf8');
  const [ca, cert, key] = await Promise.all(['ca.crt', 'user-admin.crt', 'user-admin.key'].map(pki));
  const tls = { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
  await Promise.all(
    Array.from({ length: nodes }, (_, index) =>
      stack.start(nodeSpec({ kubeconfig, tls, logs, gpus, mode }, index)),
    ),
  );
}

async function startAll(settings: Settings, identities: Identities, stack: Stack): Promise<string> {
  const {
    dir: directory,
    logs,
    binaries,
    latencyBuckets,
    scrapeInterval,
    nodeGraceSeconds,
    hpaSyncSeconds,
  } = settings;
  const redis = settings.redis ? stack.start(redisSpec({ binaries, directory, logs })) : Promise.resolve();
  const plane = { binaries, identities, directory, logs, nodeGraceSeconds, hpaSyncSeconds };
  const admin = await startControlPlane(plane, stack);
  const parts = [redis, startNodes(settings, identities, stack)];
  if (settings.istio) {
    const { retries, endpointPicker } = settings;
    const pools = endpointPicker !== null;
    const mesh = { binaries, directory: join(directory, 'mesh'), logs, latencyBuckets, retries, pools };
    const { contour } = settings;
    const started = startMesh(mesh, settings, identities, admin, stack);
    parts.push(
      contour === null
        ? started
        : started.then(() => startContour(contour, settings, identities, admin, stack)),
    );
  }
  if (settings.prometheus) {
    const kubeconfig = await identities.userKubeconfig({ name: 'prometheus', groups: ['system:masters'] });
    const input = { binaries, directory, logs, kubeconfig, scrapeInterval, mesh: settings.istio };
    parts.push(stack.start(await prometheusSpec(input)));
  }
  await Promise.all(parts);
  return admin;
}

function handle(settings: Settings, identities: Identities, kubeconfig: string, stack: Stack): Cluster {
  const { dir, logs, binaries } = settings;
  const { ports } = addresses;
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    run(binaries.kubectl, ['--kubeconfig', kubeconfig, ...args], input === undefined ? {} : { input });
  return {
    dir,
    logs,
    kubeconfig,
    binaries,
    apiServer: apiServerUrl,
    auditLog: auditLog(dir),
    prometheusUrl: `http://127.0.0.1:${ports.prometheus}`,
    redisUrl: `redis://127.0.0.1:${ports.redis}`,
    gatewayUrl: 'http://127.0.0.1:80',
    gatewayApiUrl: `http://127.0.0.1:${ports.gatewayApi}`,
    meshProxyUrl: `http://127.0.0.1:${ports.meshHttpProxy}`,
    istiodUrl: `http://127.0.0.1:${ports.istiodHttp}`,
    istiodDebounceMax: ISTIOD_DEBOUNCE_MAX,
    components: stack.members,
    component(name) {
      const component = stack.members.find((member) => member.name === name);
      if (component !== undefined) return component;
      throw new ClusterError(
        `there is no component ${name}: ${stack.members.map((member) => member.name).join(', ')}`,
      );
    },
    kubectl: (...args) => kubectl(args),
    apply: (manifests, ...args) => kubectl(['apply', '--server-side', ...args, '-f', '-'], manifests),
    userKubeconfig: (user) => identities.userKubeconfig(user),
    async serviceAccountKubeconfig(namespace, name) {
      const token = await kubectl(['create', 'token', name, '--namespace', namespace, '--duration=24h']);
      return identities.tokenKubeconfig(`${namespace}.${name}`, token.trim());
    },
    stop: () => stack.stop(),
  };
}

/**
 * Starts a cluster in this process's network namespace (see `enterNamespace`) and resolves when all of it is ready. Its
 * processes die with this one, however it ends. Throws a `ClusterError`, with everything stopped again, when a part does
 * not start.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  if (!insideNamespace())
    throw new ClusterError('startCluster needs a network namespace: call enterNamespace() first');
  const settings = await settle(options);
  await rm(settings.dir, { recursive: true, force: true });
  await mkdir(settings.logs, { recursive: true });
  const identities = await createIdentities(settings.dir);
  const stack = createStack(settings.log);
  try {
    return handle(settings, identities, await startAll(settings, identities, stack), stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
