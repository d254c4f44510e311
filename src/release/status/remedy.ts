/** The fix for a refused write, by the API server's error. */
export function remedyFor(why: string): string {
  if (/failed calling webhook/.test(why))
    return 'see whether the server of that webhook is up and its certificate is valid';
  if (/exceeded quota/.test(why)) return 'raise the quota, or free what uses it up';
  if (/denied (?:the )?request/.test(why)) return 'allow it in that policy, or change what it objects to';
  if (/cannot (?:create|patch|update|delete) resource/.test(why))
    return 'give the controller that right in its role';
  return 'fix what it names';
}
