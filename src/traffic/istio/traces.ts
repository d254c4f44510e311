import { HASH_LABEL } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import { canonical } from '../../api/values/canonical.ts';
import { asObject, asObjects } from '../json.ts';
import type { RouterTraces } from '../traces.ts';
import { rememberedHomes } from './hosts/rule.ts';
import { observeRule } from './objects.ts';
import type { IstioPlan } from './plan.ts';
import { isRuleOfOurs } from './routes/match-rule.ts';
import { namesSubsets, natureOf } from './routes/split.ts';
import type { IstioTraffic } from './spec.ts';

/** Everything of a VirtualService except the weights of its routes, and rules of ours. */
function withoutShares(object: KubeObject): string {
  const { http, ...rest } = asObject(object['spec']);
  const routes = asObjects(http)
    .filter((one) => !isRuleOfOurs(one))
    .map((one) => ({ ...one, route: natureOf(asObjects(one['route'])) }));
  const { labels, annotations, deletionTimestamp } = object.metadata;
  return canonical([rest, routes, labels, annotations, deletionTimestamp]);
}

/** The owners of VirtualServices and DestinationRules, and traces of a release in them. */
export const istioTraces: RouterTraces<IstioTraffic, IstioPlan> = {
  isShift: (previous, object) =>
    object.kind === 'VirtualService' && withoutShares(previous) === withoutShares(object),
  uses({ spec, plan, uid }, { kind, metadata: { name } }, { DestinationRule: rules = [] }) {
    if (kind !== 'VirtualService') return false;
    const planned = plan?.data.routes.map(({ virtualService }) => virtualService) ?? [];
    return [spec.virtualService, ...planned, ...rememberedHomes(rules, uid)].includes(name);
  },
  isSplit: ({ kind, spec }) => kind === 'VirtualService' && namesSubsets(spec),
  selects: ({ DestinationRule: rules = [] }, hash) =>
    rules.some((rule) => observeRule(rule).subsets.some(({ labels }) => labels[HASH_LABEL] === hash)),
};
