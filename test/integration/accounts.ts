import type { Client } from './kubectl.ts';

/** A token of a new ServiceAccount that has these ClusterRoles in its namespace. */
export async function tokenOf(
  admin: Client,
  namespace: string,
  name: string,
  ...roles: readonly string[]
): Promise<string> {
  const kubectl = admin.with('--namespace', namespace);
  await kubectl.ok(['create', 'serviceaccount', name]);
  for (const role of roles)
    await kubectl.ok([
      'create',
      'rolebinding',
      `${name}-${role}`,
      `--clusterrole=${role}`,
      `--serviceaccount=${namespace}:${name}`,
    ]);
  return (await kubectl.ok(['create', 'token', name])).trim();
}
