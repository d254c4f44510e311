import type { KubeObject } from '../../src/api/meta.ts';
import { ROUTERS } from '../../src/traffic/registry.ts';
import type { Router } from '../../src/traffic/router.ts';
import type { Routers } from '../../src/traffic/routers.ts';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import type { Hands } from './hands.ts';
import { ISTIO_HANDS, ROUTES, TEST_HOST } from './istio-hands.ts';

/** A weighted destination, as the proxies take it. */
export interface Destination {
  readonly destination: { readonly host: string; readonly subset?: string };
  readonly weight?: number;
}

/** What the proxies would do by the objects that are written. */
export interface Written {
  readonly routes: readonly Destination[];
  /** Where the requests of testers go, where a rule for those comes first. */
  readonly testers?: readonly Destination[];
  /** Percent of the requests that are copied, and whereto. */
  readonly copies?: { readonly subset: string; readonly percent: number };
  /** Routes of further objects, by name. */
  readonly others: ReadonlyMap<string, readonly Destination[]>;
  /** Versions by the names that routes have for them. */
  readonly subsets: ReadonlyMap<string, string>;
}

/** How the traffic of a world is routed. */
export interface Routing {
  readonly routers: Routers<Router>;
  /** What the Rollout says of it. */
  readonly traffic: Readonly<Record<string, unknown>>;
  /** What the user wrote beside the Service, if anything; at the end it must be there again. */
  readonly object?: KubeObject;
  /** What the user wrote for the host of testers, where that is an object of its own. */
  readonly forTesters?: KubeObject;
  /** The routes are for the host of testers, too. */
  readonly hasHost?: true;
  /** How the data plane reads what is written. */
  readonly read: (cluster: MemoryCluster) => Written;
  /** What its own controllers do, at each moment; epoch milliseconds. */
  readonly tick?: (cluster: MemoryCluster, now: number) => void;
  /** How long its controllers take before the proxies begin to learn of a change, milliseconds. */
  readonly lagMs?: number;
  /** Requests can be chosen and copied, and clients stay with their version. */
  readonly chooses?: true;
  /** What others do to its objects; nothing where it has no routes. */
  readonly hands?: Hands;
}

const [NAME, NAMESPACE] = ['model', 'shop'];

/** The match of the steps in simulated worlds. */
export const TESTERS = { headers: { 'x-tester': { exact: 'yes' } } };

/** The same, where testers use a host of their own. */
export const ON_TEST_HOST = { host: TEST_HOST };

interface Rule {
  readonly name?: string;
  readonly route: readonly Destination[];
  readonly match?: readonly { readonly headers?: object; readonly authority?: object }[];
  readonly mirrors?: readonly (Destination & { readonly percentage: { readonly value: number } })[];
}

function rulesOf(virtualService: KubeObject): readonly Rule[] {
  const { http = [] } = (virtualService['spec'] ?? {}) as { http?: Rule[] };
  return http;
}

const isForTesters = ({ match = [] }: Rule): boolean =>
  match.some(
    ({ headers, authority }) =>
      authority !== undefined || JSON.stringify(headers) === JSON.stringify(TESTERS.headers),
  );

const isPlain = ({ name = '' }: Rule): boolean => !name.startsWith('sluice-');

/** The first rule that takes any request. */
const plainRule = (virtualService: KubeObject): Rule | undefined => rulesOf(virtualService).find(isPlain);

function besideOf(virtualService: KubeObject): Pick<Written, 'testers' | 'copies'> {
  const rules = rulesOf(virtualService);
  const testers = rules.findIndex(isForTesters);
  const plain = rules.findIndex(isPlain);
  const mirror = rules[plain]?.mirrors?.[0];
  return {
    ...(testers < 0 || testers > plain ? {} : { testers: rules[testers]?.route ?? [] }),
    ...(mirror === undefined
      ? {}
      : { copies: { subset: mirror.destination.subset ?? '', percent: mirror.percentage.value } }),
  };
}

function subsetsOf(rules: readonly KubeObject[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const rule of rules) {
    const { subsets = [] } = rule['spec'] as {
      subsets?: { name: string; labels?: Record<string, string> }[];
    };
    for (const { name, labels } of subsets) found.set(name, labels?.['pod-template-hash'] ?? '');
  }
  return found;
}

/** A mesh of Istio. */
export const ISTIO_ROUTING: Routing = {
  routers: ROUTERS,
  traffic: { istio: { virtualService: NAME } },
  chooses: true,
  hasHost: true,
  object: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: ROUTES,
  },
  hands: ISTIO_HANDS,
  read: (cluster) => {
    const [first, ...more] = cluster.all('VirtualService');
    return {
      routes: (first && plainRule(first)?.route) ?? [{ destination: { host: NAME } }],
      ...(first && besideOf(first)),
      others: new Map(more.map((one) => [one.metadata.name, plainRule(one)?.route ?? []])),
      subsets: subsetsOf(cluster.all('DestinationRule')),
    };
  },
};

/** No mesh: all ready pods share the requests to the Service. */
export const SERVICE_ROUTING: Routing = {
  routers: ROUTERS,
  traffic: { service: {} },
  read: () => ({ routes: [{ destination: { host: NAME } }], others: new Map(), subsets: new Map() }),
};
