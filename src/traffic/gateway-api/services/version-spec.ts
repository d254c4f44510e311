import { HASH_LABEL } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { asObject, asObjects, type Json } from '../../json.ts';

/** What one of our Services is to have. */
export interface VersionSpec {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Json;
}

/** Fields of a Service that say how its pods are reached. */
const COPIED = [
  'ipFamilies',
  'ipFamilyPolicy',
  'internalTrafficPolicy',
  'publishNotReadyAddresses',
  'sessionAffinity',
  'sessionAffinityConfig',
  'trafficDistribution',
] as const;

/** Whose labels and annotations of a Service tell a data plane how to reach it. Others, such as those by which metrics are scraped, would count twice. */
const DATA_PLANES = [
  'cilium.io',
  'consul.hashicorp.com',
  'gateway.envoyproxy.io',
  'istio.io',
  'kuma.io',
  'linkerd.io',
  'projectcontour.io',
  'service.kubernetes.io',
  'traefik.io',
];

function isForDataPlane(key: string): boolean {
  const [domain = ''] = key.split('/');
  return key.includes('/') && DATA_PLANES.some((one) => domain === one || domain.endsWith(`.${one}`));
}

/** Those labels or annotations by which data planes are configured. */
export function forDataPlane(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => isForDataPlane(key)));
}

/** The labels of the pods behind a Service or an InferencePool; none where it has no selector. */
export function selectorOf(backend: KubeObject): Readonly<Record<string, string>> {
  const given = asObject(asObject(backend['spec'])['selector']);
  const selector = backend.kind === 'InferencePool' ? asObject(given['matchLabels']) : given;
  return Object.fromEntries(
    Object.entries(selector).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * The Service for the pods of one version behind the user's Service: its ports and all else that says how pods are
 * reached, and headless if that is. It has no address outside the cluster.
 */
export function versionSpec(user: KubeObject, hash: string): VersionSpec {
  const spec = asObject(user['spec']);
  const copied = COPIED.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]]));
  return {
    labels: forDataPlane(user.metadata.labels),
    annotations: forDataPlane(user.metadata.annotations),
    spec: {
      ...(spec['clusterIP'] === 'None' ? { clusterIP: 'None' } : {}),
      ...(Object.fromEntries(copied) as Json),
      selector: { ...selectorOf(user), [HASH_LABEL]: hash },
      ports: asObjects(spec['ports']).map(({ nodePort: _nodePort, ...port }) => port),
    },
  };
}
