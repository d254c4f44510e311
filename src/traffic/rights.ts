import type { WatchedKind } from './declaration.ts';

/** What it takes to read a kind and to watch it. */
export const READ = ['get', 'list', 'watch'] as const;
const WRITE = { fields: ['patch'], objects: ['create', 'patch', 'delete'] } as const;

/** What every installation allows the controller to do with objects of a kind that a router reads. */
export function verbsOf({ writes, grantedBy }: WatchedKind): readonly string[] {
  return writes === undefined || grantedBy !== undefined ? READ : [...READ, ...WRITE[writes]];
}

/** What it is allowed beside that where the router is in use. */
export function moreVerbsOf({ writes, grantedBy }: WatchedKind): readonly string[] {
  return writes === undefined || grantedBy === undefined ? [] : WRITE[writes];
}
