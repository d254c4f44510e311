import { HASH_LABEL } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { RouteHolder, RouteObjects, RouteOwner, RouteVersions } from '../../context.ts';
import { ofKind } from '../../context.ts';
import type { RouteWrite } from '../../goal.ts';
import { asObject, sameJson } from '../../json.ts';
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
import { RuleOriginal } from '../plan.ts';
import { poolSpec } from '../pools/pool-spec.ts';
import type { GatewayTraffic } from '../spec.ts';
import { isPool, kindOfKey, nameOfKey, POOL_VERSION, titleOfKey } from './backend.ts';
import { VERSIONS, type Version, versionService } from './names.ts';
import { selectorOf, type VersionSpec, versionSpec } from './version-spec.ts';

/** A Service or InferencePool of the user, and ours for its two versions. */
export interface Pair {
  /** Key of the user's. */
  readonly service: string;
  readonly namespace: string;
  /** Null if the user's is gone. */
  readonly user: KubeObject | null;
  /** The objects with names of ours, also where somebody else has made them. */
  readonly made: Readonly<Record<Version, KubeObject | null>>;
  /** Why nothing of ours may be written, or null. */
  readonly problem: Problem | null;
  /** Our own, of those. */
  readonly own: readonly KubeObject[];
}

function nameTaken(service: string, { kind, metadata: { name } }: KubeObject): Problem {
  return {
    reason: 'ServiceNameTaken',
    message: `${kind} ${name} exists and is not Sluice's, which needs the name for one version of ${titleOfKey(service)}: rename it (metadata.name)`,
  };
}

/** Finds ours for one of the user. */
export function pairOf(
  { namespace, kinds }: Pick<RouteObjects, 'namespace' | 'kinds'>,
  service: string,
  owner: RouteHolder,
  own: readonly string[] = [],
): Pair {
  const find = (key: string): KubeObject | null =>
    ofKind(kinds, kindOfKey(key)).find(({ metadata }) => metadata.name === nameOfKey(key)) ?? null;
  const made = {
    stable: find(versionService(service, 'stable')),
    canary: find(versionService(service, 'canary')),
  };
  const there = VERSIONS.flatMap((version) => made[version] ?? []);
  const keptBy = (keeper: ReturnType<typeof keeperOf>): KubeObject[] =>
    there.filter((one) => keeperOf(one, owner, own) === keeper);
  const [users] = keptBy('user');
  const [another] = keptBy('another');
  return {
    service,
    namespace,
    user: find(service),
    made,
    problem:
      (users === undefined ? null : nameTaken(service, users)) ??
      (another === undefined ? null : trafficOwned(titleOfKey(service), another)),
    own: keptBy('owner'),
  };
}

/** The rules recorded in an object of ours; null if none can be read. */
const memory = routesRecorded((one): one is RuleOriginal => RuleOriginal.safeParse(one).success);

/** The rules recorded in our Services, as the user last wrote them; each has them all. */
export function remembered(pairs: readonly Pair[]): readonly RuleOriginal[] | null {
  for (const object of pairs.flatMap(({ own }) => own)) {
    const found = memory(object);
    if (found !== null) return found;
  }
  return null;
}

/** The rules that the release with that uid has recorded. */
export function rememberedBy(
  services: readonly KubeObject[],
  uid: string | undefined,
): readonly RuleOriginal[] {
  return services.filter((one) => isMadeBy(one, uid)).flatMap((one) => memory(one) ?? []);
}

/** The input of our Services. */
export interface VersionInput {
  readonly versions: RouteVersions;
  readonly owner: RouteOwner;
  readonly bases: readonly RuleOriginal[];
  /** Services of the pickers of our InferencePools. */
  readonly pickers?: GatewayTraffic['pickers'];
}

function created(pair: Pair, version: Version, wanted: VersionSpec, input: VersionInput): RouteWrite {
  const { labels, annotations, spec } = wanted;
  const { owner, bases } = input;
  return {
    op: 'create',
    object: {
      apiVersion: isPool(pair.service) ? POOL_VERSION : 'v1',
      kind: kindOfKey(pair.service),
      metadata: {
        name: nameOfKey(versionService(pair.service, version)),
        namespace: pair.namespace,
        labels: { ...labels, ...ownLabels(owner) },
        annotations: { ...annotations, ...ownNotes(owner, bases) },
      },
      spec,
    },
  };
}

/** The write that corrects one of our Services; null if none is needed. Whether it is headless cannot be changed. */
function corrected(
  object: KubeObject,
  wanted: VersionSpec,
  { owner, bases }: VersionInput,
): RouteWrite | null {
  const labels = { ...wanted.labels, ...ownLabels(owner) };
  const notes = { ...wanted.annotations, ...ownNotes(owner, bases) };
  const now = asObject(object['spec']);
  const { clusterIP: _kept, ...changeable } = wanted.spec;
  const differing = Object.entries(changeable).filter(([field, value]) => !sameJson(now[field], value));
  const noted = Object.entries(wanted.annotations).every(
    ([key, value]) => object.metadata.annotations?.[key] === value,
  );
  const same = noted && hasLabels(object, labels) && sameJson(memory(object), bases);
  if (same && differing.length === 0 && unusedSince(object) === null) return null;
  const fields = differing.map(([field, value]) => ({ op: 'add', path: `/spec/${field}`, value }));
  return { op: 'patch', target: object, patch: [...notedPatch(object, labels, notes), ...fields] };
}

/**
 * The writes that our two Services need, if any.
 *
 * They have no owner reference. If a Release is deleted in the foreground, as GitOps tools do, Kubernetes deletes what it
 * owns at once, before its finalizer is done, and routes that still name the Services fail requests. The finalizer
 * deletes them, after the routes.
 */
export function versionWrites(pair: Pair, input: VersionInput): readonly RouteWrite[] {
  const { user, made } = pair;
  if (user === null || pair.problem !== null) return [];
  return VERSIONS.flatMap((version) => {
    const object = made[version];
    const hash = input.versions[version];
    const wanted = isPool(pair.service)
      ? poolSpec(user, hash, input.pickers?.[version])
      : versionSpec(user, hash);
    return (object === null ? created(pair, version, wanted, input) : corrected(object, wanted, input)) ?? [];
  });
}

/** Our Services of these pairs that are not being deleted. */
export function ourServices(pairs: readonly Pair[]): readonly KubeObject[] {
  return pairs.flatMap(({ own }) => own).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The version that a Service selects by hash. */
export function hashOf(service: KubeObject): unknown {
  return selectorOf(service)[HASH_LABEL];
}
