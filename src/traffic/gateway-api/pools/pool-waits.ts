import type { KubeObject } from '../../../api/meta.ts';
import type { RouteObjects } from '../../context.ts';
import { asObject, asObjects } from '../../json.ts';
import { answerOf, parentTitle } from '../parents.ts';
import type { View } from '../rules/view.ts';
import { isPool, nameOfKey } from '../services/backend.ts';
import { ourServices } from '../services/pair.ts';
import type { GatewayTraffic } from '../spec.ts';
import { pickersBehind } from './pickers.ts';

/** What the InferencePools of a release wait for, in words. */
export interface PoolWaits {
  /** Controllers that have not taken a pool as it is, or refuse it. */
  readonly untaken: readonly string[];
  /** Pickers without a ready pod. */
  readonly pickers: readonly string[];
}

/** What the controllers of Gateways say of a pool. Unnoticed yet, it has no entries. */
function untakenBy(pool: KubeObject): readonly string[] {
  const title = `InferencePool ${pool.metadata.name}`;
  return asObjects(asObject(pool['status'])['parents']).flatMap((entry) => {
    const parent = parentTitle(pool, asObject(entry['parentRef']));
    const answer = answerOf(pool, entry);
    if (answer.is === 'taken') return [];
    return answer.is === 'refused'
      ? [`${parent} does not accept ${title}: ${answer.why}`]
      : [`the controller of ${parent} has not taken ${title} as it is yet`];
  });
}

/** What our pools wait for before they may have weight. */
export function poolWaits(objects: RouteObjects, { pickers }: GatewayTraffic, { pairs }: View): PoolWaits {
  const pools = pairs.filter(({ service }) => isPool(service));
  return {
    untaken: ourServices(pools).flatMap(untakenBy),
    pickers: pools.flatMap(({ service }) => pickersBehind(objects, pickers, nameOfKey(service))),
  };
}
