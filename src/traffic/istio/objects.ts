import { perObject } from '../../api/memo.ts';
import type { KubeObject } from '../../api/meta.ts';
import { asObject, asObjects, asString, type Json } from '../json.ts';
import { isRuleOfOurs } from './routes/match-rule.ts';

/** Maximum number of routes to one workload that are managed, as in the API. */
export const MOST_ROUTES = 64;

/** An HTTP route of a VirtualService. */
export interface HttpRoute {
  /** The VirtualService that it is in. */
  readonly virtualService: KubeObject;
  /** Position among the user's rules. */
  readonly index: number;
  /** Position among all. */
  readonly position: number;
  readonly name: string | undefined;
  /** The weighted destinations, raw. */
  readonly destinations: readonly Json[];
  /** The VirtualService that the route is delegated to. */
  readonly delegate: string | undefined;
}

/** A subset of a DestinationRule. */
export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trafficPolicy: Json | undefined;
}

/** The queried facts of a DestinationRule. */
export interface ObservedRule {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly subsets: readonly Subset[];
  readonly trafficPolicy: Json | undefined;
  readonly exportTo: readonly string[] | undefined;
  readonly hasSelector: boolean;
  readonly object: KubeObject;
}

/** The HTTP rules of a VirtualService as they are, ours included. */
export function httpRules(virtualService: KubeObject): readonly Json[] {
  return asObjects(asObject(virtualService['spec'])['http']);
}

/**
 * The HTTP routes of a VirtualService that are not rules of ours, in their order. Each pass reads all of a namespace:
 * they are parsed once per version.
 */
export const httpRoutes = perObject((virtualService): readonly HttpRoute[] => {
  return httpRules(virtualService)
    .map((route, position) => ({ route, position }))
    .filter(({ route }) => !isRuleOfOurs(route))
    .map(({ route, position }, index) => ({
      virtualService,
      index,
      position,
      name: asString(route['name']),
      destinations: asObjects(route['route']),
      delegate: delegateOf(route),
    }));
});

function delegateOf(route: Json): string | undefined {
  const { name, namespace } = asObject(route['delegate']);
  if (typeof name !== 'string') return undefined;
  return typeof namespace === 'string' ? `${namespace}/${name}` : name;
}

/** A route in a message: by its name, or else by its place. */
export function routeLabel(route: { readonly index: number; readonly name?: string | undefined }): string {
  return route.name === undefined ? `http[${route.index}]` : `"${route.name}" (http[${route.index}])`;
}

/** Labels as strings; other values are left out. */
function labelsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(asObject(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** The labels of the pods behind a Service; none where it has no selector. */
export function selectorOf(service: KubeObject): Readonly<Record<string, string>> {
  return labelsOf(asObject(service['spec'])['selector']);
}

function policyOf(value: unknown): Json | undefined {
  return value === undefined || value === null ? undefined : asObject(value);
}

/** Where an object is visible, as written; undefined leaves it to the mesh. */
export function exportToOf(spec: Json): readonly string[] | undefined {
  const { exportTo } = spec;
  return Array.isArray(exportTo) && exportTo.length > 0 ? exportTo.map(String) : undefined;
}

/** Reads a DestinationRule, once per version. */
export const observeRule = perObject((object): ObservedRule => {
  const spec = asObject(object['spec']);
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    host: asString(spec['host']) ?? '',
    subsets: asObjects(spec['subsets']).map((subset) => ({
      name: asString(subset['name']) ?? '',
      labels: labelsOf(subset['labels']),
      trafficPolicy: policyOf(subset['trafficPolicy']),
    })),
    trafficPolicy: policyOf(spec['trafficPolicy']),
    exportTo: exportToOf(spec),
    hasSelector: spec['workloadSelector'] !== undefined && spec['workloadSelector'] !== null,
    object,
  };
});

/** Labels of a pod template. */
export function templateLabels(template: Json): Readonly<Record<string, string>> {
  return labelsOf(asObject(template['metadata'])['labels']);
}
