import type { Writer } from '../../ports/cluster.ts';
import type { RouteWrite } from '../../traffic/goal.ts';

async function commitWrite(writer: Writer, write: RouteWrite): Promise<void> {
  if (write.op === 'create') await writer.create(write.object);
  else if (write.op === 'patch') await writer.patch(write.target, write.patch);
  else await writer.remove(write.target);
}

/** Performs a router's writes in order. A failed independent write does not stop the others. */
export async function commitWrites(writer: Writer, writes: readonly RouteWrite[]): Promise<void> {
  const errors: unknown[] = [];
  for (const write of writes) {
    try {
      await commitWrite(writer, write);
    } catch (error) {
      if (write.op !== 'patch' || write.alone !== true) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
