import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import { NAME_PATTERN } from '../../api/meta.ts';
import type { Rollout } from '../../api/rollout/rollout.ts';
import { Fault } from './fault.ts';
import type { Request } from './parts.ts';

/** A name in a request; rejects what the API server would not take for one. */
export function nameIn(text: string | undefined, what: string): string {
  if (text !== undefined && text.length <= 253 && NAME_PATTERN.test(text)) return text;
  throw new Fault(
    'invalid',
    `${what} must be the name of an object: lower-case letters, digits, "-" and "."`,
  );
}

/** The Rollout that the path of a request names, read with the person's own rights. */
export async function rolloutIn(context: Request): Promise<Rollout> {
  const [namespace, name] = [
    nameIn(context.req.param('namespace'), 'the namespace'),
    nameIn(context.req.param('rollout'), 'the Rollout'),
  ];
  const { client } = context.get('session').viewer;
  const found = await client.get(RESOURCES.Rollout, { namespace, name });
  if (found === null) throw new Fault('notFound', `there is no Rollout ${name} in namespace ${namespace}`);
  return found as Rollout;
}
