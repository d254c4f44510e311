import type { KubeObject } from '../../api/meta.ts';
import type { Field } from '../ledger/ledger.ts';
import { compact } from '../output.ts';
import type { Traffic } from '../policy.ts';

/** Where the objects that Flagger made are written from. */
export interface Apex {
  readonly name: string;
  readonly namespace: string;
  /** Labels by which the pods of the workload are selected. */
  readonly selector: unknown;
}

const COPIES = 'there is no copy of the workload, and no Service for each version';

const texts = (map: Field): Record<string, string> =>
  Object.fromEntries(
    map.entries().flatMap(([key, one]) => {
      const text = one.text();
      return text === undefined ? [] : [[key, text] as const];
    }),
  );

function metadataOf(service: Field, { name, namespace }: Apex): KubeObject['metadata'] {
  const [labels, annotations] = [service.at('apex', 'labels'), service.at('apex', 'annotations')];
  const own = { labels: texts(labels), annotations: texts(annotations) };
  for (const field of [labels, annotations]) field.keep('Service metadata');
  return {
    name,
    namespace,
    ...(Object.keys(own.labels).length > 0 && { labels: own.labels }),
    ...(Object.keys(own.annotations).length > 0 && { annotations: own.annotations }),
  };
}

function serviceObject(service: Field, apex: Apex): KubeObject | null {
  const port = service.at('port').number();
  const target = service.at('targetPort').value ?? port;
  const fields = [
    'port',
    'portName',
    'targetPort',
    'appProtocol',
    'trafficDistribution',
    'headless',
  ] as const;
  for (const key of fields) service.at(key).keep(`Service spec ${key}`);
  service.at('name').keep('Service metadata.name');
  service
    .at('portDiscovery')
    .remark('only the port above is written: add further ports of the pods to the Service');
  if (port === undefined) return null;
  const entry = compact({
    name: service.at('portName').text() ?? 'http',
    port,
    targetPort: target,
    appProtocol: service.at('appProtocol').text(),
  });
  const spec = compact({
    clusterIP: service.at('headless').flag() === true ? 'None' : undefined,
    selector: apex.selector,
    ports: [entry],
    trafficDistribution: service.at('trafficDistribution').text(),
  });
  return { apiVersion: 'v1', kind: 'Service', metadata: metadataOf(service, apex), spec };
}

const ISTIO_FIELDS = ['match', 'rewrite', 'timeout', 'retries', 'headers', 'corsPolicy'] as const;

function istioObjects(service: Field, apex: Apex): KubeObject[] {
  const isDelegate = service.at('delegation').flag() === true;
  const listed = (key: string): string[] =>
    service
      .at(key)
      .items()
      .flatMap((one) => one.text() ?? []);
  const [hosts, gateways] = [listed('hosts'), listed('gateways')];
  for (const key of ['hosts', 'gateways', 'delegation']) service.at(key).keep(`VirtualService spec.${key}`);
  for (const key of ISTIO_FIELDS) service.at(key).keep(`VirtualService spec.http[0].${key}`);
  service.at('rewrite', 'type').remark('Istio has no type of a rewrite: uri replaces what the match names');
  service.at('trafficPolicy').keep('DestinationRule spec.trafficPolicy');
  const { type: _type, ...rewrite } = (service.at('rewrite').value ?? {}) as Record<string, unknown>;
  const given = Object.fromEntries(ISTIO_FIELDS.map((key) => [key, service.at(key).value]));
  const http = compact({
    ...given,
    rewrite: service.at('rewrite').isGiven ? rewrite : undefined,
    route: [{ destination: { host: apex.name } }],
  });
  const own = hosts.includes(apex.name) || hosts.includes('*') ? hosts : [...hosts, apex.name];
  const spec = isDelegate
    ? { http: [http] }
    : { hosts: own, gateways: gateways.length > 0 ? gateways : ['mesh'], http: [http] };
  const metadata = { name: apex.name, namespace: apex.namespace };
  const istio = { apiVersion: 'networking.istio.io/v1', metadata };
  const policy = service.at('trafficPolicy').value;
  const rule = { ...istio, kind: 'DestinationRule', spec: { host: apex.name, trafficPolicy: policy } };
  return [{ ...istio, kind: 'VirtualService', spec }, ...(policy === undefined ? [] : [rule])];
}

function httpRoute(service: Field, apex: Apex): KubeObject[] {
  const port = service.at('port').number();
  const timeouts = compact({
    request: service.at('timeout').text(),
    backendRequest: service.at('backendTimeout').text(),
  });
  service.at('timeout').keep('HTTPRoute spec.rules[0].timeouts.request');
  service.at('backendTimeout').keep('HTTPRoute spec.rules[0].timeouts.backendRequest');
  service.at('hosts').keep('HTTPRoute spec.hostnames');
  service.at('gatewayRefs').keep('HTTPRoute spec.parentRefs');
  for (const key of [
    'match',
    'rewrite',
    'headers',
    'mirror',
    'retries',
    'corsPolicy',
    'gateways',
    'delegation',
    'trafficPolicy',
  ])
    service
      .at(key)
      .refuse(
        'is not written into the HTTPRoute: keep the route that Flagger made, with its matches and filters, and the one backend',
      );
  const rule = compact({
    timeouts: Object.keys(timeouts).length > 0 ? timeouts : undefined,
    backendRefs: [compact({ name: apex.name, port })],
  });
  const spec = compact({
    parentRefs: service.at('gatewayRefs').value,
    hostnames: service.at('hosts').value,
    rules: [rule],
  });
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: apex.name, namespace: apex.namespace },
      spec,
    },
  ];
}

const OF_GATEWAYS = ['gatewayRefs', 'backendTimeout', 'mirror'];
const OF_ROUTES = [...ISTIO_FIELDS, 'hosts', 'gateways', 'delegation', 'trafficPolicy'];

/** The Service and the routes that Flagger made of a Canary, each with one destination: the workload itself. */
export function objectsOf(service: Field, apex: Apex, traffic: Traffic): KubeObject[] {
  const own = serviceObject(service, apex);
  for (const key of ['primary', 'canary', 'unmanagedMetadata']) service.at(key).remark(COPIES);
  for (const key of ['meshName', 'backends']) service.at(key).refuse('App Mesh is no router of Sluice');
  const isGateway = 'gatewayAPI' in traffic.spec;
  const routes = traffic.isIstio ? istioObjects(service, apex) : isGateway ? httpRoute(service, apex) : [];
  const rest = traffic.isIstio ? OF_GATEWAYS : isGateway ? [] : [...OF_ROUTES, ...OF_GATEWAYS];
  for (const key of rest)
    service
      .at(key)
      .refuse('is about a route that this provider does not have: write it into the route yourself');
  return [...(own === null ? [] : [own]), ...routes];
}
