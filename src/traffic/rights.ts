import type { WatchedKind } from './declaration.ts';

const READ = ['get', 'list', 'watch'] as const;
const WRITE = { fields: ['patch'], objects: ['create', 'patch', 'delete'] } as const;

/** What the controller must be allowed to do with objects of a kind that a router reads. */
export function verbsOf({ writes }: WatchedKind): readonly string[] {
  return writes === undefined ? READ : [...READ, ...WRITE[writes]];
}
