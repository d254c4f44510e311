function roleFor(message: string): string {
  if (!message.includes('sluice.dev') && !/approv|skip/.test(message)) return 'view';
  if (/approv|skip/.test(message)) return 'sluice-approve';
  if (/"?(patch|update|create)"?/.test(message) && !/cannot (get|list|watch)/.test(message))
    return 'sluice-edit';
  return 'sluice-view';
}

/** How a person gets the right that the API server's `message` says is missing. */
export function grantFor(message: string, namespace: string): string {
  const user = /User "([^"]+)"/.exec(message)?.[1] ?? /: (\S+) may not/.exec(message)?.[1] ?? 'USER';
  const role = roleFor(message);
  return `an administrator of the namespace can grant it: kubectl create rolebinding ${role} --clusterrole=${role} --user=${user} -n ${namespace}`;
}
