import type { Field, Ledger } from '../ledger/ledger.ts';
import type { Settings } from '../output.ts';
import type { Traffic } from '../policy.ts';
import { trafficBy, trafficByPods } from '../routes.ts';
import { nameIn } from '../values/object-name.ts';

/** Routers that Sluice does not have, by their field, and what to do. */
const OTHER: Readonly<Record<string, string>> = {
  alb: 'AWS Load Balancer Controller',
  ambassador: 'Ambassador',
  apisix: 'APISIX',
  appMesh: 'App Mesh',
  nginx: 'ingress-nginx',
  smi: 'SMI',
  traefik: 'Traefik',
};

const otherText = (title: string): string =>
  `${title}: Sluice splits traffic by Istio and by the Gateway API; until then the share is that of the pods (traffic.service). Route by an HTTPRoute, and name it with --route HTTPRoute/NAME`;

const SUBSETS =
  'Sluice keeps subsets of its own in a DestinationRule of its own, and takes the settings of yours over: routes and rule need none afterwards';

function istioTraffic(istio: Field, service: string | undefined): Traffic | null {
  const one = istio.at('virtualService');
  const [first, ...others] = one.isGiven ? [one] : istio.at('virtualServices').items();
  for (const other of others)
    other.refuse(
      'a Rollout shifts one VirtualService: bring the routes into one, or write them as HTTPRoutes',
    );
  if (one.isGiven)
    istio.at('virtualServices').refuse('a Rollout shifts one VirtualService: bring the routes into one');
  istio.at('destinationRule').remark(SUBSETS);
  if (first === undefined) return null;
  const routes = first
    .at('routes')
    .items()
    .flatMap((route) => route.text() ?? []);
  first.at('name').keep('spec.traffic.istio.virtualService');
  first.at('routes').keep('spec.traffic.istio.routes');
  const name = nameIn(first.at('name'));
  for (const key of ['tlsRoutes', 'tcpRoutes'])
    first
      .at(key)
      .refuse(
        'tls and tcp routes are not shifted: their requests stay with all ready pods; an http route is needed',
      );
  if (name === undefined) return null;
  const spec = {
    istio: {
      virtualService: name,
      ...(routes.length > 0 && { routes: routes.slice(0, 16) }),
      ...(service !== undefined && { service }),
    },
  };
  return { spec, hasRoutes: true, isIstio: true };
}

function namesOf(plugin: Field, single: string, several: string, to: string): string[] {
  const one = nameIn(plugin.at(single));
  plugin.at(single).keep(to);
  const more = plugin
    .at(several)
    .items()
    .flatMap((item) => {
      const name = nameIn(item.at('name'));
      item.at('name').keep(to);
      item.at('useHeaderRoutes').remark('is not needed: a match stands in the step');
      item.at('sectionName').refuse('rules are named in traffic.gatewayAPI.rules (spec.rules[].name)');
      for (const [key, field] of item.entries())
        if (!['name', 'useHeaderRoutes', 'sectionName'].includes(key))
          field.refuse('has no counterpart in traffic.gatewayAPI');
      return name ?? [];
    });
  return [...(one === undefined ? [] : [one]), ...more].slice(0, 16);
}

function gatewayTraffic(plugin: Field, service: string | undefined): Traffic | null {
  const httpRoutes = namesOf(plugin, 'httpRoute', 'httpRoutes', 'spec.traffic.gatewayAPI.httpRoutes');
  const grpcRoutes = namesOf(plugin, 'grpcRoute', 'grpcRoutes', 'spec.traffic.gatewayAPI.grpcRoutes');
  plugin.at('namespace').remark('routes are those of the namespace of the Rollout');
  for (const [key, field] of plugin.entries())
    if (!['httpRoute', 'httpRoutes', 'grpcRoute', 'grpcRoutes', 'namespace'].includes(key))
      field.refuse('has no counterpart in traffic.gatewayAPI, which shifts HTTPRoutes and GRPCRoutes');
  if (httpRoutes.length + grpcRoutes.length === 0) return null;
  const gatewayAPI = {
    ...(httpRoutes.length > 0 && { httpRoutes }),
    ...(grpcRoutes.length > 0 && { grpcRoutes }),
    ...(service !== undefined && { service }),
  };
  return { spec: { gatewayAPI }, hasRoutes: true, isIstio: false };
}

const GATEWAY_PLUGIN = 'argoproj-labs/gatewayAPI';

/** How traffic comes to a canary: by the routes of the source, else those of `--route`, else as the pods are. */
export function canaryTraffic(
  canary: Field,
  ledger: Ledger,
  settings: Settings,
  service: string | undefined,
): Traffic {
  const routing = canary.at('trafficRouting');
  const istio = routing.at('istio');
  const plugins = routing.at('plugins');
  for (const [key, title] of Object.entries(OTHER)) routing.at(key).refuse(otherText(title));
  for (const [name, plugin] of plugins.entries())
    if (name !== GATEWAY_PLUGIN) plugin.refuse(otherText(`plugin ${name}`));
  routing
    .at('managedRoutes')
    .remark(
      'Sluice puts its rules beside yours, before the route that it splits, and takes them away at the end',
    );
  const found =
    (istio.isGiven ? istioTraffic(istio, service) : null) ??
    (plugins.at(GATEWAY_PLUGIN).isGiven ? gatewayTraffic(plugins.at(GATEWAY_PLUGIN), service) : null);
  if (found !== null) return found;
  const asked = trafficBy(settings, service);
  if (asked !== null) return asked;
  if (!routing.isGiven)
    ledger.note(
      'no trafficRouting: the share of the canary is that of its pods behind a plain Service (traffic.service); each weight becomes the nearest share that maxSurge allows',
    );
  return trafficByPods(service);
}
