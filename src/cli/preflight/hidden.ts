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
