import type { KubeObject, ManagedFields } from './meta.ts';
import type { PatchOperation } from './values/json-patch.ts';
import { ifUnchanged } from './values/json-patch.ts';

/** The manager under which the API server records our writes: the User-Agent up to its slash. */
export const FIELD_MANAGER = 'sluice';

/** Whether an entry records fields that we have written. Nobody applies fields of the status. */
export function isOurs({ manager, operation, subresource }: ManagedFields): boolean {
  return manager === FIELD_MANAGER && operation === 'Update' && subresource === undefined;
}

/** Whether we own a field of the object, so that applying another value would be a conflict. */
export function ownsFields({ metadata }: KubeObject): boolean {
  return metadata.managedFields?.some(isOurs) === true;
}

/**
 * The patch after which we own no field of the object; empty if we own none. It changes nothing else, so the API server
 * records no new owner. The API server ignores an empty list; a list with one empty entry clears it.
 */
export function disownPatch(object: KubeObject): readonly PatchOperation[] {
  const entries = object.metadata.managedFields ?? [];
  const index = entries.findIndex(isOurs);
  if (index < 0) return [];
  const path = '/metadata/managedFields';
  return [
    ifUnchanged(object),
    entries.length === 1 ? { op: 'replace', path, value: [{}] } : { op: 'remove', path: `${path}/${index}` },
  ];
}
