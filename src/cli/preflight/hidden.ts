import { grantOf, roleToRead } from '../../acts/grant.ts';
import type { Resource } from '../../adapters/kubernetes/resource.ts';

/** A kind of object that the person may not list, so that nothing is known of it. */
export interface Hidden extends Pick<Resource, 'kind' | 'group' | 'plural'> {
  /** Where it was looked for; empty for what belongs to no namespace. */
  readonly namespace: string;
}

const nameOf = ({ plural, group }: Hidden): string => (group === '' ? plural : `${plural}.${group}`);

/** Which rights are missing, a line for each role that gives some of them, with how to get it. */
export function hiddenTexts(hidden: readonly Hidden[], user: string): string[] {
  const byRole = Map.groupBy(hidden, ({ plural, group, namespace }) =>
    JSON.stringify([roleToRead(plural, group), namespace]),
  );
  return [...byRole.values()].map((kinds) => {
    const [{ plural, group, namespace } = { plural: '', group: '', namespace: '' }] = kinds;
    const where = namespace === '' ? 'of the cluster' : `in namespace ${namespace}`;
    const names = [...new Set(kinds.map(nameOf))].toSorted().join(', ');
    return `you may not list ${names} ${where}: ${grantOf(roleToRead(plural, group), user, namespace)}`;
  });
}

/**
 * What is not known of the routes to a workload in a namespace, as sentences: of all of them, where a kind of the namespace or of
 * the cluster may not be listed, else of what is elsewhere for the whole mesh.
 */
export function unseenRoutes(
  hidden: readonly Hidden[],
  namespace: string,
  user: string,
): { readonly all: readonly string[]; readonly mesh: readonly string[] } {
  const { here = [], there = [] } = Object.groupBy(hidden, (one) =>
    one.namespace === '' || one.namespace === namespace ? 'here' : 'there',
  );
  return {
    all: hiddenTexts(here, user).map((text) => `the routes are not known: ${text}`),
    mesh: hiddenTexts(there, user).map((text) => `what is there for the whole mesh is not known: ${text}`),
  };
}
