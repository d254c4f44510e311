import { perObject } from '../../api/memo.ts';
import type { KubeObject } from '../../api/meta.ts';
import { canonical } from '../../api/values/canonical.ts';
import { asObject, asObjects, asString, type Json } from '../json.ts';
import { routeTitle } from './rules/rule.ts';

const GROUP = 'gateway.networking.k8s.io';

/** What the controllers of a route's parents say of it. */
export interface Answers {
  /** Whether any controller has answered for a parent. A parent without a controller never gets an answer. */
  readonly isOwned: boolean;
  /** Parents that do not accept the route, with their words. */
  readonly refused: readonly string[];
  /** Parents whose controllers have not taken the route as it is. */
  readonly behind: readonly string[];
}

/** A parent with the defaults filled in. */
function parentKey(route: KubeObject, ref: Json): string {
  const { group = GROUP, kind = 'Gateway', namespace = route.metadata.namespace ?? '' } = ref;
  return canonical([group, kind, namespace, ref['name'], ref['sectionName'] ?? null, ref['port'] ?? null]);
}

/** The parents of a route, as written. */
export function parentRefs(route: KubeObject): readonly Json[] {
  return asObjects(asObject(route['spec'])['parentRefs']);
}

/** A parent in a message. */
export function parentTitle(route: KubeObject, ref: Json): string {
  const { kind = 'Gateway', name, namespace = route.metadata.namespace, sectionName } = ref;
  const home = namespace === route.metadata.namespace ? '' : `${String(namespace)}/`;
  const section = typeof sectionName === 'string' ? ` (sectionName ${sectionName})` : '';
  return `${String(kind)} ${home}${String(name)}${section}`;
}

/** Some implementations leave the generation out, or at 0: then only time tells. */
function isBehind(route: KubeObject, { observedGeneration }: Json): boolean {
  const { generation } = route.metadata;
  const known = typeof observedGeneration === 'number' && observedGeneration > 0;
  return known && generation !== undefined && observedGeneration < generation;
}

const words = ({ type, reason, message }: Json): string =>
  `${asString(type) ?? ''}=False, ${asString(reason) ?? 'no reason'}: ${asString(message) ?? ''}`;

/** The fix for a reason of the specification. */
function fixFor({ reason }: Json): string {
  switch (reason) {
    case 'RefNotPermitted':
      return 'a backend of another namespace needs a ReferenceGrant there, for this kind of route';
    case 'NotAllowedByListeners':
      return "let a listener's allowedRoutes have the namespace and the kind of the route";
    case 'NoMatchingParent':
      return 'correct sectionName or port in spec.parentRefs';
    case 'NoMatchingListenerHostname':
      return 'let spec.hostnames fit the hostname of a listener';
    case 'BackendNotFound':
      return 'create the backend, or take it out of spec.rules[].backendRefs';
    default:
      return 'correct the route, or take the parent out of spec.parentRefs';
  }
}

/** Conditions that must hold; the last only where an implementation has it. */
const [NEEDED, IF_THERE] = ['Accepted', ['ResolvedRefs', 'Programmed']] as const;

/** An answer, with the words of a refusal. */
export type Answer = { readonly is: 'taken' | 'behind' } | { readonly is: 'refused'; readonly why: string };

/** What a controller says in one entry of `status.parents` about an object as it is. */
export function answerOf(route: KubeObject, entry: Json): Answer {
  const conditions = asObjects(entry['conditions']);
  const needed = conditions.find(({ type }) => type === NEEDED);
  const others = conditions.filter(({ type }) => (IF_THERE as readonly unknown[]).includes(type));
  if (needed === undefined) return { is: 'behind' };
  const all = [needed, ...others];
  if (all.some((one) => isBehind(route, one))) return { is: 'behind' };
  const no = all.find(({ status }) => status === 'False');
  if (no !== undefined) return { is: 'refused', why: `${words(no)} (${fixFor(no)})` };
  return { is: all.every(({ status }) => status === 'True') ? 'taken' : 'behind' };
}

/** What the controllers of its parents say of a route, for the generation that is read. */
export const answersOf = perObject((route): Answers => {
  const entries = asObjects(asObject(route['status'])['parents']);
  const answers = parentRefs(route).flatMap((ref) =>
    entries
      .filter((entry) => parentKey(route, asObject(entry['parentRef'])) === parentKey(route, ref))
      .map((entry) => ({ title: parentTitle(route, ref), answer: answerOf(route, entry) })),
  );
  return {
    isOwned: answers.length > 0,
    refused: answers.flatMap(({ title, answer }) =>
      answer.is === 'refused' ? [`${title} does not accept ${routeTitle(route)}: ${answer.why}`] : [],
    ),
    behind: answers.flatMap(({ title, answer }) =>
      answer.is === 'behind'
        ? [`the controller of ${title} has not taken ${routeTitle(route)} as it is yet`]
        : [],
    ),
  };
});

/** The controllers that answer for a parent of a route, each once. */
export function answeringControllers(route: KubeObject): readonly string[] {
  const parents = parentRefs(route).map((ref) => parentKey(route, ref));
  const entries = asObjects(asObject(route['status'])['parents']);
  const names = entries
    .filter((entry) => parents.includes(parentKey(route, asObject(entry['parentRef']))))
    .flatMap(({ controllerName }) => asString(controllerName) ?? []);
  return [...new Set(names)];
}

/** Parents of a route in a message. */
export function parentTitles(route: KubeObject): string {
  const titles = parentRefs(route).map((ref) => parentTitle(route, ref));
  return titles.length === 0 ? 'none' : titles.join(', ');
}

/** Whether clients in a mesh that call the Service by its name follow the route. */
export function isForCallers(
  route: KubeObject,
  service: { readonly name: string; readonly namespace: string },
): boolean {
  return parentRefs(route).some(({ group = GROUP, kind, name, namespace = route.metadata.namespace }) => {
    const isService = group === '' && kind === 'Service';
    return isService && name === service.name && namespace === service.namespace;
  });
}
