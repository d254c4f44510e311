import { trouble } from '../../api/release/reason.ts';

/** Reasons that only this router has. */
export const GATEWAY_REASONS = {
  RouteNotAccepted: trouble(
    ['Rollout', 'Release'],
    'A parent of a route (Gateway, Service) does not accept it, or no controller answers for any of its parents; the message has its words. Weights of such a route are not in force.',
    { isCondition: true },
  ),
  ServiceNameTaken: trouble(
    ['Release'],
    'A Service of yours has the name that Sluice needs for one version (`SERVICE-sluice-stable`, `SERVICE-sluice-canary`): rename it.',
  ),
  SessionPersistence: trouble(
    ['Release'],
    'A rule has `sessionPersistence`: sessions stay with their backend even at weight 0, so that neither a weight nor a roll-back would hold. Take it away.',
  ),
  FeatureMissing: trouble(
    ['Release'],
    'A step needs a feature of the Gateway API that the implementation behind a parent of the route is not known to have: the message names it, and the GatewayClass. Leave the step out, or state the feature in `traffic.gatewayAPI.features`.',
  ),
  InferencePoolNotFound: trouble(
    ['Release'],
    'A route goes to an InferencePool that is not there, or its CRD (`inference.networking.k8s.io/v1`) is not installed.',
  ),
  InferencePoolUnfit: trouble(
    ['Release'],
    'The InferencePool of a route cannot be split: it misses pods of a version, has those of another Deployment, or is of an older API. The message names the field.',
  ),
  PickersMissing: trouble(
    ['Release'],
    'A route goes to an InferencePool, and the policy names no endpoint pickers for the two pools of a release: [how to run them](../../src/traffic/gateway-api/README.md#inferencepools).',
  ),
  PickerUnfit: trouble(
    ['Release'],
    'An endpoint picker that the policy names cannot serve the pool of a version; the message names the field and what to change.',
  ),
  TooManyBackends: trouble(
    ['Release'],
    'A rule has so many backends that one more for the canary is not allowed. Take some away.',
  ),
};
