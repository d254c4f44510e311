import { ROUTERS } from '../traffic/registry.ts';

/** The ClusterRoles of people: Kubernetes' own `view`, and those of `manifests/rbac/people.yaml`. */
export type PeopleRole =
  | 'view'
  | 'sluice-view'
  | 'sluice-view-routes'
  | 'sluice-view-cluster'
  | 'sluice-edit'
  | 'sluice-approve';

/** What belongs to no namespace, so that no RoleBinding gives it. */
const OF_CLUSTER: ReadonlySet<string> = new Set([
  'clusteranalysistemplates',
  ...ROUTERS.watches.filter(({ scope }) => scope === 'Cluster').map(({ plural }) => plural),
]);

/** What routers read in the namespace of a workload; Services are Kubernetes' own. */
const ROUTES: ReadonlySet<string> = new Set(
  ROUTERS.watches
    .filter(({ scope, group }) => scope !== 'Cluster' && group !== '')
    .map(({ plural }) => plural),
);

/** The role that lets people read a kind, by its plural and API group. */
export function roleToRead(plural: string, group: string): PeopleRole {
  if (OF_CLUSTER.has(plural)) return 'sluice-view-cluster';
  if (group === 'sluice.dev') return 'sluice-view';
  return ROUTES.has(plural) ? 'sluice-view-routes' : 'view';
}

/** An argument as a shell takes it, whatever is in it: names of users come from elsewhere, and commands are copied. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The arguments of a binding to a user, with a name that no other user's has. An empty user is left to be filled in. */
export function bindingTo(user: string, role: string): string {
  const who = user || 'USER';
  const name = `${role}-${who.replaceAll(/[/%]/g, '-')}`;
  return `${shellWord(name)} ${shellWord(`--user=${who}`)}`;
}

/** How a person gets a role: the command for an administrator. */
export function grantOf(role: PeopleRole, user: string, namespace: string): string {
  const binding = `${bindingTo(user, role)} --clusterrole=${role}`;
  return role === 'sluice-view-cluster'
    ? `an administrator of the cluster can grant it: kubectl create clusterrolebinding ${binding}`
    : `an administrator of the namespace can grant it: kubectl create rolebinding ${binding} -n ${namespace}`;
}

function roleFor(message: string): PeopleRole {
  if (/approv|skip/.test(message)) return 'sluice-approve';
  const isOurs = message.includes('sluice.dev');
  const reads = /cannot (get|list|watch)/.test(message);
  if (isOurs && !reads && /"?(patch|update|create)"?/.test(message)) return 'sluice-edit';
  const plural = /resource "([^".]+)/.exec(message)?.[1] ?? '';
  return roleToRead(plural, isOurs ? 'sluice.dev' : '');
}

/** How a person gets the right that the API server's `message` says is missing. */
export function grantFor(message: string, namespace: string): string {
  const user = /User "([^"]+)"/.exec(message)?.[1] ?? /: (\S+) may not/.exec(message)?.[1] ?? '';
  return grantOf(roleFor(message), user, namespace);
}
