import { grantFor } from '../../../acts/grant.ts';
import type { Resource } from '../../../adapters/kubernetes/resource.ts';
import type { Clock } from '../../../clock.ts';
import type { Viewer } from './viewer.ts';

const review = (kind: string, plural: string): Resource => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
});
const ACCESS = review('SelfSubjectAccessReview', 'selfsubjectaccessreviews');
const RULES = review('SelfSubjectRulesReview', 'selfsubjectrulesreviews');

/** How long an answer counts: a right that is taken away is noticed within this time. */
export const RIGHTS_MS = 60_000;
/** Maximum number of answers that are kept for a person. */
const MOST = 500;

/** Something that a person may do or not. Without a namespace, in all of them. */
export interface Wish {
  readonly verb: string;
  readonly resource: Pick<Resource, 'group' | 'plural'>;
  readonly namespace?: string | undefined;
}

interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What people may do, by the API server's own word about each. */
export interface Rights {
  /** Whether the person has this right. Rejects if the API server does not answer or does not accept their credentials. */
  may(viewer: Viewer, wish: Wish): Promise<boolean>;
}

async function statusOf({ client }: Viewer, { group, version, kind, ...rest }: Resource, spec: object) {
  const body = { apiVersion: `${group}/${version}`, kind, metadata: { name: '' }, spec };
  const answer = await client.create({ group, version, kind, ...rest }, body);
  return answer['status'] as
    | { allowed?: boolean; incomplete?: boolean; resourceRules?: readonly Rule[] }
    | undefined;
}

async function isAllowed(viewer: Viewer, { verb, resource, namespace }: Wish): Promise<boolean> {
  const scope = namespace === undefined ? {} : { namespace };
  const resourceAttributes = { verb, group: resource.group, resource: resource.plural, ...scope };
  return (await statusOf(viewer, ACCESS, { resourceAttributes }))?.allowed === true;
}

/** All rules of a person in a namespace; null where the authorizer cannot list them. */
async function rulesOf(viewer: Viewer, namespace: string): Promise<readonly Rule[] | null> {
  const status = await statusOf(viewer, RULES, { namespace });
  return status?.incomplete === true ? null : (status?.resourceRules ?? []);
}

const names = (list: readonly string[] | undefined, one: string): boolean =>
  list?.includes('*') === true || list?.includes(one) === true;

function permits(rule: Rule, { verb, resource }: Wish): boolean {
  const isNarrowed = (rule.resourceNames ?? []).length > 0;
  return (
    !isNarrowed &&
    names(rule.verbs, verb) &&
    names(rule.apiGroups, resource.group) &&
    names(rule.resources, resource.plural)
  );
}

/**
 * Asks with the person's own credentials and keeps each answer for a minute: in a namespace for all of their rules at
 * once, beyond one by a SelfSubjectAccessReview for each right.
 */
export function createRights(clock: Pick<Clock, 'monotonic'>): Rights {
  const answers = new WeakMap<
    Viewer,
    Map<string, { readonly at: number; readonly answer: Promise<unknown> }>
  >();
  const once = <T>(viewer: Viewer, key: string, ask: () => Promise<T>): Promise<T> => {
    const known = answers.get(viewer) ?? new Map();
    answers.set(viewer, known);
    const before = known.get(key);
    if (before !== undefined && clock.monotonic() - before.at < RIGHTS_MS) return before.answer;
    const answer = ask();
    // What was not answered is asked again.
    answer.catch(() => known.delete(key));
    known.delete(key);
    known.set(key, { at: clock.monotonic(), answer });
    const [oldest] = known.keys();
    if (known.size > MOST) known.delete(oldest);
    return answer;
  };
  return {
    may: async (viewer, wish) => {
      const { namespace, verb, resource } = wish;
      if (namespace !== undefined) {
        const rules = await once(viewer, `rules ${namespace}`, () => rulesOf(viewer, namespace));
        if (rules !== null) return rules.some((rule) => permits(rule, wish));
      }
      const key = JSON.stringify([verb, resource.group, resource.plural, namespace]);
      return once(viewer, key, () => isAllowed(viewer, wish));
    },
  };
}

/** A sentence for a right that is missing. */
export function missingText(user: string, { verb, resource, namespace }: Wish): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  return `${user || 'you'} may not ${verb} ${resource.plural} ${where}`;
}

/** How to get it. */
export function grantText(user: string, { verb, resource, namespace }: Wish): string {
  const said = `User "${user}" cannot ${verb} resource "${resource.plural}.${resource.group}"`;
  return grantFor(said, namespace ?? 'NAMESPACE');
}
