import { type KubeClient, listAll } from '../../adapters/kubernetes/client.ts';
import { isCode } from '../../adapters/kubernetes/failure.ts';
import { RESOURCES, type Resource, resourceOfWatch } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Given } from '../../convert/convert.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { CliError, EXIT } from '../cli-error.ts';

type Client = Pick<KubeClient, 'list'>;

const ofPeer = (group: string, version: string, kind: string, namespaced = true): Resource => ({
  group,
  version,
  kind,
  plural: kind.replace(/y$/, 'ie').toLowerCase().concat('s'),
  namespaced,
});
const argo = (kind: string, namespaced = true): Resource =>
  ofPeer('argoproj.io', 'v1alpha1', kind, namespaced);
const flagger = (kind: string): Resource => ofPeer('flagger.app', 'v1beta1', kind);

/** In the namespaces that are converted. */
const WORKLOADS = [argo('Rollout'), argo('AnalysisTemplate'), flagger('Canary')];
/** Of the cluster, as far as they are named. */
const CLUSTER_TEMPLATES = argo('ClusterAnalysisTemplate', false);
/** In the namespaces that Canaries name, too. */
const SHARED = [flagger('MetricTemplate'), flagger('AlertProvider')];

/** What is only consulted; it may be unknown to the cluster or hidden from this person. */
const BESIDE = [
  RESOURCES.Deployment,
  ...ROUTERS.watches
    .filter(({ kind }) => kind === 'VirtualService' || kind === 'HTTPRoute')
    .map(resourceOfWatch),
];

const isAbsent = (error: unknown): boolean => isCode(error, 'KUBERNETES_NOT_FOUND');

interface Listed {
  readonly objects: readonly KubeObject[];
  /** The cluster knows the kind. */
  readonly isKnown: boolean;
}

async function listed(client: Client, resource: Resource, namespace: string | undefined): Promise<Listed> {
  const { group, version, kind } = resource;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  try {
    const objects = await listAll(client, resource, namespace);
    return { objects: objects.map((object) => ({ ...object, apiVersion, kind })), isKnown: true };
  } catch (error) {
    if (isAbsent(error)) return { objects: [], isKnown: false };
    throw error;
  }
}

/** Every text that stands at a key of this name, however deep. */
function textsAt(key: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
    name === key && typeof one === 'string' ? [one] : textsAt(key, one),
  );
}

/** Namespaces that Canaries name for their metrics and receivers. */
function namespacesOf(canaries: readonly KubeObject[], own: string): string[] {
  const named = canaries.flatMap(({ spec }) =>
    textsAt('namespace', (spec as Fields | undefined)?.['analysis']),
  );
  return [...new Set([own, ...named])];
}

type Fields = Readonly<Record<string, unknown>>;

/** The objects beside; what this person may not list is reported by `tell`, and the conversion says what it lacks. */
async function beside(
  client: Client,
  namespace: string | undefined,
  tell: (line: string) => void,
): Promise<readonly KubeObject[]> {
  const all = await Promise.all(
    BESIDE.map((resource) =>
      listed(client, resource, namespace).catch((error: unknown) => {
        if (!isCode(error, 'KUBERNETES_FORBIDDEN')) throw error;
        tell(`${resource.plural} are not read: you may not list them here`);
        return { objects: [], isKnown: true };
      }),
    ),
  );
  return all.flatMap(({ objects }) => objects);
}

/**
 * The objects of both tools in a namespace of the cluster (undefined: in all), with Deployments and routes beside them. Fails where the
 * cluster knows neither tool, and with the error of the API server where it does not answer or forbids it.
 */
export async function fromCluster(
  client: Client,
  namespace: string | undefined,
  tell: (line: string) => void,
): Promise<readonly Given[]> {
  const workloads = await Promise.all(WORKLOADS.map((one) => listed(client, one, namespace)));
  if (workloads.every(({ isKnown }) => !isKnown))
    throw new CliError('this cluster has no kinds of Argo Rollouts or Flagger', {
      exit: EXIT.unanswered,
      next: ['choose another --context, or convert files: sluice convert k8s/'],
    });
  const objects = workloads.flatMap((one) => one.objects);
  const names = new Set(textsAt('templateName', objects));
  const templates = (await listed(client, CLUSTER_TEMPLATES, undefined)).objects;
  const canaries = objects.filter(({ kind }) => kind === 'Canary');
  const places = namespace === undefined ? [undefined] : namespacesOf(canaries, namespace);
  const shared = await Promise.all(
    SHARED.flatMap((resource) => places.map((place) => listed(client, resource, place))),
  );
  const found = [
    ...objects,
    ...templates.filter(({ metadata }) => names.has(metadata.name)),
    ...shared.flatMap((one) => one.objects),
    ...(await beside(client, namespace, tell)),
  ];
  return found.map((object) => ({ object, place: 'cluster' }));
}
