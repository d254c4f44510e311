import { ordinary, trouble } from '../../api/release/reason.ts';

const ALL = ['Release', 'Rollout', 'Deployment'] as const;

/** Reasons of what others do to the routes and to the writes of a release. */
export const ROUTES_REASONS = {
  RequestsPastSplit: trouble(
    ['Release'],
    'The canary got requests at weight 0, before its first weight: clients reach it by a way that is not split.',
  ),
  RoutesContested: trouble(
    ALL,
    'Somebody changes the routes back as often as they are written; the message has its field manager. See [GitOps](gitops.md#gitops-tools-and-the-routes).',
    { hindersAbort: true },
  ),
  RoutesNotTaken: trouble(
    ALL,
    'The routes are written, and the controller of a Gateway or mesh has not taken them for a while, or refuses them; the message has its words. No window is counted until then; an abort waits for it until `deadlines.drain`.',
    { hindersAbort: true },
  ),
  RoutesRefused: trouble(
    ALL,
    "The API server does not take the routes: istiod's validating webhook does not answer, a policy, a quota, a missing right; the message has its words. See [writes that are refused](safety.md#writes-that-the-api-server-refuses).",
    { hindersAbort: true },
  ),
  ReplicaSetRefused: trouble(
    ALL,
    "The API server does not take the canary's ReplicaSet; see `RoutesRefused`.",
    { hindersAbort: true },
  ),
  DeploymentRefused: trouble(
    ALL,
    'The API server does not take the change of the Deployment; see `RoutesRefused`.',
    { hindersAbort: true },
  ),
  DrainWaiting: trouble(
    ['Release'],
    'The proxies still send requests to the canary at weight 0: see whether istiod is up and reaches the API server. Its pods stay until that ends, at the latest until `deadlines.drain`.',
    { hindersAbort: true },
  ),
  DrainDeadline: trouble(
    ['Release'],
    'The canary pods went after `deadlines.drain`, though the proxies may still have sent them requests: see whether istiod is up and reaches the API server.',
    { alarms: true },
  ),
  DrainUnseen: ordinary('The canary was given longer to drain, since no metric tells what it still gets.'),
};
