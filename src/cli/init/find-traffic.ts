import type { KubeObject } from '../../api/meta.ts';
import type { Release } from '../../api/release.ts';
import type { RolloutSpec } from '../../api/rollout.ts';
import { istioRouter } from '../../traffic/istio/istio.ts';
import { httpRoutes, templateLabels } from '../../traffic/istio/objects.ts';
import { asObject } from '../../traffic/json.ts';
import type { RouteObjects } from '../../traffic/router.ts';

/** A VirtualService that routes to a Deployment, with what a Rollout must say about it. */
export interface TrafficFound {
  readonly virtualService: string;
  readonly service: string;
  /** Names of the routes, where more than one goes to the Service. */
  readonly routes?: readonly string[];
}

/** What was found, and why what was looked at does not fit. */
export interface TrafficSearch {
  readonly found: readonly TrafficFound[];
  readonly problems: readonly { readonly virtualService: string; readonly message: string }[];
}

function ownerOf(deployment: KubeObject, template: Readonly<Record<string, unknown>>): Release {
  const { name, namespace = '' } = deployment.metadata;
  const version = { podTemplateHash: '', replicaSet: '' };
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Release',
    metadata: { name, namespace },
    spec: {
      rollout: name,
      workload: { kind: 'Deployment', name },
      revision: '',
      stable: { ...version, template: { ...template } },
      canary: version,
      policy: {} as RolloutSpec,
      metrics: [],
    },
  };
}

function look(deployment: KubeObject, objects: RouteObjects, virtualService: KubeObject): TrafficSearch {
  const template = asObject(asObject(deployment['spec'])['template']);
  const { name } = virtualService.metadata;
  const podLabels = templateLabels(template);
  const owner = ownerOf(deployment, template);
  const ask = (routes?: readonly string[]) =>
    istioRouter.preflight({
      objects,
      spec: { istio: { virtualService: name, ...(routes && { routes: [...routes] }) } },
      podLabels,
      owner,
    });
  const first = ask();
  if ('plan' in first)
    return { found: [{ virtualService: name, service: first.plan.service }], problems: [] };
  const named = httpRoutes(virtualService).flatMap((route) => route.name ?? []);
  // Of several routes to the Service, those that have names can be shifted together.
  const fitting = first.problem.reason === 'SeveralRoutes' ? named.filter((one) => 'plan' in ask([one])) : [];
  const all = fitting.length > 0 ? ask(fitting) : first;
  if ('plan' in all)
    return { found: [{ virtualService: name, service: all.plan.service, routes: fitting }], problems: [] };
  return { found: [], problems: [{ virtualService: name, message: first.problem.message }] };
}

/** The VirtualServices of the namespace that a release of the Deployment could shift. */
export function findTraffic(deployment: KubeObject, objects: RouteObjects): TrafficSearch {
  const looks = objects.virtualServices.map((one) => look(deployment, objects, one));
  return { found: looks.flatMap(({ found }) => found), problems: looks.flatMap(({ problems }) => problems) };
}
