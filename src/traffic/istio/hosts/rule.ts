import { HASH_LABEL } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteHolder, RouteOwner, RouteVersions } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { asObject, type Json, sameJson } from '../../json.ts';
import {
  hasLabels,
  isMadeBy,
  keeperOf,
  notedPatch,
  ownLabels,
  ownNotes,
  routesRecorded,
  trafficOwned,
  unusedSince,
} from '../../own-object.ts';
import type { Problem } from '../../reasons.ts';
import type { ServiceKey } from '../../service-key.ts';
import { exportToOf, type ObservedRule } from '../objects.ts';
import type { RouteOriginal } from '../plan.ts';
import { CANARY, STABLE } from '../routes/split.ts';
import { isHostOf, isWildcardOf } from './host.ts';

/** Name of our DestinationRule: one for each Service, since two that split the same pods would contradict each other. */
export function ruleName(service: string): string {
  return `${service}-sluice`;
}

/** Our DestinationRule, and its owner. */
export type Held =
  | { readonly by: 'nobody' }
  | { readonly by: 'owner'; readonly rule: ObservedRule }
  | { readonly by: 'other'; readonly problem: Problem };

/**
 * Finds our DestinationRule. The next Release of a Rollout adopts it. If somebody edits its labels, it still belongs to
 * the Release that created it, which recognises its uid (`own`).
 */
export function heldBy(
  rules: readonly ObservedRule[],
  service: ServiceKey,
  owner: RouteHolder,
  own: readonly string[],
): Held {
  const rule = rules.find(
    ({ name, namespace }) => name === ruleName(service.name) && namespace === service.namespace,
  );
  if (rule === undefined) return { by: 'nobody' };
  const keeper = keeperOf(rule.object, owner, own);
  if (keeper === 'owner') return { by: 'owner', rule };
  if (keeper === 'user') {
    return {
      by: 'other',
      problem: {
        reason: 'DestinationRuleNameTaken',
        message: `DestinationRule ${rule.name} exists and is not Sluice's, which needs the name for its subsets of Service ${service.name}: rename it`,
      },
    };
  }
  return { by: 'other', problem: trafficOwned(`Service ${service.name}`, rule.object) };
}

const isOriginal = (one: unknown): boolean => Array.isArray(asObject(one)['destinations']);

/** The routes recorded in our DestinationRule; null if none can be read. */
const memory = routesRecorded((one): one is RouteOriginal => isOriginal(one));

function memoryOf(held: Held): readonly RouteOriginal[] | null {
  return held.by === 'owner' ? memory(held.rule.object) : null;
}

/**
 * Further VirtualServices that a release splits, as recorded in its DestinationRule: those that appeared in mid-release
 * are recorded nowhere else.
 */
export function rememberedHomes(rules: readonly KubeObject[], uid: string | undefined): readonly string[] {
  return rules
    .filter((rule) => isMadeBy(rule, uid))
    .flatMap((rule) => memory(rule) ?? [])
    .flatMap(({ virtualService }) => virtualService ?? []);
}

/**
 * The routes recorded in our DestinationRules, as the user last wrote them; null if none can be read. Each rule has
 * them all, and the first rule is written first.
 */
export function remembered({
  hosts,
}: {
  readonly hosts: readonly { readonly held: Held }[];
}): readonly RouteOriginal[] | null {
  for (const { held } of hosts) {
    const found = memoryOf(held);
    if (found !== null) return found;
  }
  return null;
}

/** The user's DestinationRules for exactly this host in the namespace of the Service: ours is merged with them. */
function sameHost(rules: readonly ObservedRule[], service: ServiceKey): readonly ObservedRule[] {
  return rules.filter(
    (rule) =>
      rule.namespace === service.namespace &&
      rule.name !== ruleName(service.name) &&
      isHostOf(rule.host, rule.namespace, service),
  );
}

/** The user's subset of that name. */
export function userSubset(
  rules: readonly ObservedRule[],
  service: ServiceKey,
  name: string,
): ObservedRule['subsets'][number] | undefined {
  return sameHost(rules, service)
    .flatMap((rule) => rule.subsets)
    .find((subset) => subset.name === name);
}

const longestFirst = (a: ObservedRule, b: ObservedRule): number => b.host.length - a.host.length;

/**
 * The DestinationRule whose policy ours would override, because Istio uses only the most specific host, and the
 * namespace of the Service before the mesh's root namespace. Null if ours is merged with one of the same host.
 */
function overshadowed(rules: readonly ObservedRule[], service: ServiceKey): ObservedRule | null {
  if (sameHost(rules, service).some((rule) => !rule.hasSelector)) return null;
  const others = rules.filter((rule) => !rule.hasSelector && rule.name !== ruleName(service.name));
  const here = others.filter((rule) => rule.namespace === service.namespace);
  const root = others.filter((rule) => rule.namespace !== service.namespace);
  const isWider = (rule: ObservedRule): boolean => isWildcardOf(rule.host, service);
  return (
    here.filter(isWider).toSorted(longestFirst)[0] ??
    root.find((rule) => isHostOf(rule.host, rule.namespace, service)) ??
    root.filter(isWider).toSorted(longestFirst)[0] ??
    null
  );
}

const EVERYWHERE = ['*'];

function isExportedLike(rule: ObservedRule, virtualService: KubeObject): boolean {
  const seenIn = rule.exportTo ?? EVERYWHERE;
  const needed = exportToOf(asObject(virtualService['spec'])) ?? EVERYWHERE;
  return seenIn.includes('*') || needed.every((namespace) => seenIn.includes(namespace));
}

/** Why DestinationRules would keep our subsets from being in force, or null. */
export function ruleConflict(
  rules: readonly ObservedRule[],
  service: ServiceKey,
  virtualService: KubeObject,
): Problem | null {
  const same = sameHost(rules, service);
  const hiding =
    same.find((rule) => rule.hasSelector) ??
    rules.find((rule) => rule.namespace !== service.namespace && hidesInRoot(rule, service));
  if (hiding !== undefined) {
    const field = hiding.hasSelector ? 'spec.workloadSelector' : 'spec.exportTo: ["."]';
    return {
      reason: 'DestinationRuleHidesSubsets',
      message: `DestinationRule ${hiding.namespace}/${hiding.name} has ${field} for Service ${service.name}: proxies that it applies to would not see the subsets stable and canary. Take ${field} away, or move its policy to a DestinationRule of the host without it`,
    };
  }
  const clash = same.find((rule) => rule.subsets.some(({ name }) => name === STABLE || name === CANARY));
  if (clash !== undefined) {
    return {
      reason: 'SubsetNameTaken',
      message: `DestinationRule ${clash.name} has a subset ${STABLE} or ${CANARY} of its own, and Istio takes only one of two with the same name: rename it in spec.subsets`,
    };
  }
  const narrow = same.find((rule) => !isExportedLike(rule, virtualService));
  if (narrow === undefined) return null;
  return {
    reason: 'DestinationRuleNotExported',
    message: `spec.exportTo of DestinationRule ${narrow.name} is narrower than that of VirtualService ${virtualService.metadata.name}: some proxies would route to subsets that they do not know. Export both to the same namespaces`,
  };
}

/** A rule in the root namespace only for the proxies there takes precedence over ours, for them. */
function hidesInRoot(rule: ObservedRule, service: ServiceKey): boolean {
  const mine = isHostOf(rule.host, rule.namespace, service) || isWildcardOf(rule.host, service);
  return mine && sameJson(rule.exportTo, ['.']);
}

/**
 * The spec of our DestinationRule. Its host is the short name of the Service, which works for any cluster domain.
 * `exportTo` is that of the user's rule for the host, since Istio merges only rules with the same value; the policy of
 * an overridden rule is copied; `policy` is that of the user's own subset.
 */
function ruleSpec(
  rules: readonly ObservedRule[],
  service: ServiceKey,
  versions: RouteVersions,
  policy: Json | undefined,
): Json {
  const exportTo = sameHost(rules, service).find((rule) => !rule.hasSelector)?.exportTo;
  const inherited = overshadowed(rules, service)?.trafficPolicy;
  const subset = (name: string, hash: string): Json => ({
    name,
    labels: { [HASH_LABEL]: hash },
    ...(policy === undefined ? {} : { trafficPolicy: policy }),
  });
  return {
    host: service.name,
    ...(exportTo === undefined ? {} : { exportTo }),
    ...(inherited === undefined ? {} : { trafficPolicy: inherited }),
    subsets: [subset(STABLE, versions.stable), subset(CANARY, versions.canary)],
  };
}

/** The input of our DestinationRule. */
export interface RuleInput {
  readonly rules: readonly ObservedRule[];
  readonly service: ServiceKey;
  readonly versions: RouteVersions;
  readonly policy: Json | undefined;
  readonly bases: readonly RouteOriginal[];
  readonly owner: RouteOwner;
}

/**
 * The write that corrects our DestinationRule; null if none is needed.
 *
 * It has no owner reference. If a Release is deleted in the foreground, as GitOps tools do, Kubernetes deletes what it
 * owns at once, before its finalizer is done, and routes that still name the subsets fail every request. The finalizer
 * deletes the rule, after the routes.
 */
export function ruleWrite(held: Held, input: RuleInput): RouteWrite | null {
  const { service, owner, rules, versions, policy, bases } = input;
  const spec = ruleSpec(rules, service, versions, policy);
  const labels = ownLabels(owner);
  const notes = ownNotes(owner, bases);
  if (held.by === 'nobody') {
    const metadata = { name: ruleName(service.name), namespace: service.namespace, labels };
    return {
      op: 'create',
      object: {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { ...metadata, annotations: notes },
        spec,
      },
    };
  }
  if (held.by === 'other') return null;
  const { object } = held.rule;
  const same = sameJson(memoryOf(held), bases) && hasLabels(object, labels) && sameJson(object['spec'], spec);
  if (same && unusedSince(object) === null) return null;
  const noted = notedPatch(object, labels, notes);
  return { op: 'patch', target: object, patch: [...noted, { op: 'add', path: '/spec', value: spec }] };
}
