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
