import type { KubeObject } from '../../api/meta.ts';
import { canonical } from '../../api/values/canonical.ts';
import { ifUnchanged } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';

/** Writes the status, guarded by the version that the pass has read. */
export async function commitStatus(writer: Writer, object: KubeObject, status: object): Promise<KubeObject> {
  return writer.patch(object, [ifUnchanged(object), { op: 'add', path: '/status', value: status }], 'status');
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes the fields of the status that differ from those that were read, guarded by the version that the pass has read. A
 * field that only a newer controller knows stays as it is, although the pass has read the object without it.
 */
export async function commitStatusFields(
  writer: Writer,
  object: KubeObject & { readonly status?: object },
  status: object,
): Promise<KubeObject> {
  if (object.status === undefined) return commitStatus(writer, object, status);
  const [before, after] = [object.status as Fields, status as Fields];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const operations = names
    .filter((name) => canonical(before[name]) !== canonical(after[name]))
    .map((name) =>
      after[name] === undefined
        ? { op: 'remove', path: `/status/${name}` }
        : { op: 'add', path: `/status/${name}`, value: after[name] },
    );
  return writer.patch(object, [ifUnchanged(object), ...operations], 'status');
}
