import { trouble } from '../../api/release/reason.ts';

const RULE = 'A DestinationRule of yours and ours cannot both be in force; the message names it.';

/** Reasons that only this router has. */
export const ISTIO_REASONS = {
  VirtualServiceNotFound: trouble(
    ['Release'],
    '`traffic.istio.virtualService` names no VirtualService of the namespace; the message names the existing ones.',
  ),
  SeveralSubsetPolicies: trouble(
    ['Release'],
    'The routes use subsets with different `trafficPolicy`, and a release has one pair of subsets for all of them: use one subset, or name the policy in `spec.trafficPolicy` of the DestinationRule.',
  ),
  RouteTakesNoMatch: trouble(
    ['Release'],
    'The http route has conditions of its own that Istio cannot combine with those of the step: one rule takes one condition for each header. Choose by another header, or write the route with `exact`.',
  ),
  RouteTakesNoMirror: trouble(
    ['Release'],
    'The http route mirrors to somewhere else by `mirror`, beside which Istio takes no other: write it as an entry of `mirrors`, or leave the mirror step out.',
  ),
  RouteTakesNoCookie: trouble(
    ['Release'],
    'A destination of the http route adds `Set-Cookie` to its answers (`headers.response.add`), and Istio adds one header of a name: set that cookie in the workload, or leave `sticky` out.',
  ),
  DestinationRuleHidesSubsets: trouble(['Release'], RULE),
  DestinationRuleNameTaken: trouble(['Release'], RULE),
  DestinationRuleNotExported: trouble(['Release'], RULE),
  SubsetNameTaken: trouble(['Release'], RULE),
  SubsetsHidden: trouble(
    ['Rollout', 'Release'],
    'DestinationRules in other namespaces would make requests of clients there fail during a release, should there be any. Narrow their hosts, or move them.',
    { isCondition: true },
  ),
};
