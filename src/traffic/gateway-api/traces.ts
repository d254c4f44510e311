import { selects } from '../../api/labels.ts';
import type { KubeObject } from '../../api/meta.ts';
import { canonical } from '../../api/values/canonical.ts';
import { asObject, asObjects, type Json } from '../json.ts';
import type { RouterTraces } from '../traces.ts';
import { type GatewayPlan, ROUTE_KINDS } from './plan.ts';
import { isMirrorOfOurs, isRuleOfOurs, withoutOurs } from './rules/own-rule.ts';
import { rawRules, routeTitle, rulesOf } from './rules/rule.ts';
import { goesTo } from './rules/service.ts';
import { isChosen } from './rules/shifted.ts';
import { backendsIn, keyOfObject } from './services/backend.ts';
import { hasOurName } from './services/names.ts';
import { hashOf, rememberedBy } from './services/pair.ts';
import { selectorOf } from './services/version-spec.ts';
import type { GatewayTraffic } from './spec.ts';

const isRoute = ({ kind }: KubeObject): boolean => (ROUTE_KINDS as readonly string[]).includes(kind);

/** Everything of a route that people write, except the weights of its backends, and rules and mirrors of ours. */
function withoutShares(route: KubeObject): string {
  const { rules, ...rest } = asObject(route['spec']);
  const theirs = asObjects(rules).filter((rule) => !isRuleOfOurs(rule));
  const weightless = theirs.map(withoutOurs).map((rule) => ({
    ...rule,
    backendRefs: asObjects(rule['backendRefs']).map(({ weight: _weight, ...ref }) => ref),
  }));
  const { labels, annotations, deletionTimestamp } = route.metadata;
  return canonical([rest, weightless, labels, annotations, deletionTimestamp]);
}

const namesOurs = (rule: Json): boolean =>
  asObjects(rule['backendRefs']).some(hasOurName) || asObjects(rule['filters']).some(isMirrorOfOurs);

/** The owners of routes, and traces of a release in them. */
export const gatewayTraces: RouterTraces<GatewayTraffic, GatewayPlan> = {
  isShift: (previous, object) => isRoute(object) && withoutShares(previous) === withoutShares(object),
  uses({ spec, plan, uid, podLabels }, object, objects) {
    if (!isRoute(object)) return false;
    const services = backendsIn(objects);
    const planned = [...(plan?.data.rules ?? []), ...rememberedBy(services, uid)];
    if (planned.some(({ kind, route }) => `${kind} ${route}` === routeTitle(object))) return true;
    const { namespace = '', name } = object.metadata;
    if (podLabels === undefined || !isChosen(spec, { kind: object.kind as 'HTTPRoute', route: name }))
      return false;
    const own = services.filter((one) => selects(selectorOf(one), podLabels));
    return own.some((one) => rulesOf(object).some((rule) => goesTo(rule, keyOfObject(one), namespace)));
  },
  isSplit: (object) => isRoute(object) && rawRules(object).some(namesOurs),
  selects: (objects, hash) =>
    backendsIn(objects).some((one) => hasOurName({ name: one.metadata.name }) && hashOf(one) === hash),
};
