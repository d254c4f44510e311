import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';

/** The object has changed since it was read, or that is unknown: it says nothing about the write behind the fence. */
export class FenceError extends Error {}

/** A writer that verifies, before its first write, that the object is unchanged since it was read. */
export function fenced(writer: Writer, object: KubeObject): Writer {
  let checked = false;
  const check = async (): Promise<void> => {
    if (!checked)
      await writer.patch(object, [ifUnchanged(object)], 'status').catch((cause: unknown) => {
        throw new FenceError('the Release could not be checked', { cause });
      });
    checked = true;
  };
  return {
    create: async (one) => {
      await check();
      return writer.create(one);
    },
    patch: async (one, patch, subresource) => {
      await check();
      return writer.patch(one, patch, subresource);
    },
    remove: async (one) => {
      await check();
      return writer.remove(one);
    },
  };
}
