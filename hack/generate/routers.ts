import type { RouterDeclaration, WatchedKind } from '../../src/traffic/declaration.ts';
import { moreVerbsOf, READ, verbsOf } from '../../src/traffic/rights.ts';
import { table } from './markdown.ts';

function ruleOf(watch: WatchedKind, verbs: readonly string[]): string {
  const group = watch.group === '' ? '""' : watch.group;
  return [
    `  - apiGroups: [${group}]`,
    `    resources: [${watch.plural}]`,
    `    verbs: [${verbs.join(', ')}]`,
  ].join('\n');
}

function between(role: string, rules: readonly string[], name = 'routers'): string {
  const open = `  # <generated:${name}>`;
  const lines = role.split('\n');
  const start = lines.findIndex((line) => line.startsWith(open));
  const end = lines.indexOf(`  # </generated:${name}>`);
  if (start < 0 || end < start) throw new Error(`the role has no marks ${open.trim()}`);
  return [...lines.slice(0, start + 1), ...rules, ...lines.slice(end)].join('\n');
}

/** The role of the controller, with the rules for what routers read and write between the marks. */
export function withRouterRules(role: string, watches: readonly WatchedKind[]): string {
  // Services are read whatever the router.
  const own = watches.filter(({ kind }) => kind !== 'Service');
  return between(
    role,
    own.map((watch) => ruleOf(watch, verbsOf(watch))),
  );
}

/** The role of a component for one router, with what that writes beside. */
export function withMoreRules(role: string, { watches }: Pick<RouterDeclaration, 'watches'>): string {
  const more = watches.filter((watch) => moreVerbsOf(watch).length > 0);
  return between(
    role,
    more.map((watch) => ruleOf(watch, moreVerbsOf(watch))),
  );
}

/** The roles of people, with the rules to read what routers read: in a namespace, and of the cluster. */
export function withReadRules(roles: string, watches: readonly WatchedKind[]): string {
  // Services are read with Kubernetes' own roles.
  const own = watches.filter(({ kind }) => kind !== 'Service');
  const rules = (isOfCluster: boolean): string[] =>
    own.filter(({ scope }) => (scope === 'Cluster') === isOfCluster).map((watch) => ruleOf(watch, READ));
  return between(between(roles, rules(false)), rules(true), 'cluster-routers');
}

const DONE = { fields: 'changes its routes', objects: 'has its own' } as const;

function kindText({ kind, writes }: WatchedKind): string {
  return writes === undefined ? kind : `${kind} (${DONE[writes]})`;
}

/** The folder of a router, below `src/traffic`, and of its component. */
export const folderOf = (name: string): string => name.replace(/([a-z])([A-Z]+)/g, '$1-$2').toLowerCase();

/** All routers: what they read and write, and what they support. */
export function routerTable(routers: readonly RouterDeclaration[]): string {
  return table(
    ['`spec.traffic`', 'Objects', 'Supports'],
    routers.map(({ name, title, watches, supports }) => [
      `\`${name}\`: [${title}](${folderOf(name)}/README.md)`,
      watches.map(kindText).join(', ') || 'none',
      Object.entries(supports)
        .flatMap(([what, can]) => (can === 'pods' ? ['shares by pods'] : can ? [what] : []))
        .join(', '),
    ]),
  );
}
