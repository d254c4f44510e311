import { trouble } from '../../api/release/reason.ts';

/** Reasons that only this router has. */
export const SERVICE_REASONS = {
  UnreadyPodsServe: trouble(
    ['Rollout', 'Release'],
    'The Service has `publishNotReadyAddresses`, so that pods would get requests before they are ready: take it away, or use a router with weights.',
  ),
};
