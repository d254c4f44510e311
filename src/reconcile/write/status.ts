import type { KubeObject } from '../../api/meta.ts';
import { ifUnchanged } from '../../api/values/json-patch.ts';
import type { Writer } from '../../ports/cluster.ts';

/** Writes the status, guarded by the version that the pass has read. */
export async function commitStatus(writer: Writer, object: KubeObject, status: object): Promise<KubeObject> {
  return writer.patch(object, [ifUnchanged(object), { op: 'add', path: '/status', value: status }], 'status');
}
