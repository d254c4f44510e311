import { person, trouble } from '../../api/release/reason.ts';

const SERVING = ['Rollout', 'Release', 'Deployment'] as const;
const GATED = ['Rollout', 'Deployment'] as const;

/** Reasons of the Deployment, and of what keeps a release of it from being started. */
export const WORKLOAD_REASONS = {
  InvalidAnnotation: trouble(
    ['Deployment'],
    'An annotation cannot be read; the message names it. Nothing is held until this is fixed.',
    { ofAnnotations: true },
  ),
  RolloutExists: trouble(
    ['Deployment'],
    'The annotations would make a Rollout, and there is one of that name already. Remove the annotations, or that Rollout.',
    { ofAnnotations: true },
  ),
  InvalidRollout: trouble(
    ['Rollout'],
    'The Rollout cannot be read; the message names the field. Nothing new is held.',
  ),
  InvalidRelease: trouble(['Release', 'Rollout'], 'A Release cannot be read; the message names the field.'),
  UnknownPhase: trouble(
    ['Release', 'Rollout'],
    'A newer controller wrote this Release. Traffic is left as it is; upgrade the controller.',
  ),
  WorkloadNotFound: trouble(['Rollout'], '`spec.target.name` names no Deployment of the namespace.'),
  WorkloadTaken: person(['Rollout'], 'Another Rollout gates the Deployment already: delete one of the two.'),
  OptedOut: person(
    ['Rollout', 'Release'],
    'The Deployment has `sluice.dev/rollout: "off"`: nothing is held, and a release under way ends. Remove it to come back.',
  ),
  PausedByOwner: trouble(
    SERVING,
    'Somebody has paused the Deployment, and not Sluice: nothing happens until it is resumed (`kubectl rollout resume`).',
  ),
  LeftPaused: trouble(
    ['Deployment'],
    'Sluice paused it for a release, and [no Rollout manages it any more](safety.md#when-its-rollout-goes). The message has the commands.',
  ),
  WorkloadUpdating: trouble(
    GATED,
    'The Deployment was held in the middle of a rolling update. Write back the template of one of its ReplicaSets, or opt out and resume it.',
  ),
  HoldBypassed: trouble(
    GATED,
    'A change was not held: neither the admission policy nor the webhook is in force. Its update is stopped, and released step by step.',
  ),
  ServiceShared: trouble(
    ['Rollout', 'Release'],
    'Two Deployments stand behind one Service: give each its own.',
  ),
  StrayPods: trouble(
    GATED,
    "A ReplicaSet that is not stable's was given pods while the Deployment is held: they were taken away, and stable gets them.",
  ),
  ContainmentRefused: trouble(
    GATED,
    'The API server refuses to take pods from a ReplicaSet that is not stable (a policy, missing rights); the message says why. Another version may serve until this is fixed.',
  ),
  StableGone: trouble(
    SERVING,
    'The ReplicaSet of stable was deleted and is made again: stable does not serve before its pods are ready.',
  ),
  StableNotReady: trouble(
    SERVING,
    'No pod of stable is ready: stable does not serve. See why with `kubectl describe replicaset`.',
    { quiet: true },
  ),
  StableNotRestored: trouble(
    GATED,
    'The ReplicaSet of stable cannot be made again; the message says why (quota, a policy). It is tried again every 5 s.',
  ),
  StableLost: trouble(
    GATED,
    'It is not known what is to serve: the ReplicaSet of stable is gone with every record of its template, or several could be meant. Write the template that is to serve, set `sluice.dev/rollout: "off"`, resume, and remove the annotation.',
  ),
  NoReplicas: trouble(
    ['Rollout', 'Release'],
    'The Deployment has 0 replicas: there is nothing to compare with. Scale it up, or let the change through with `sluice.dev/rollout: "off"`.',
  ),
  RecreateStrategy: trouble(
    SERVING,
    '`strategy.type: Recreate` would stop stable first. Use `RollingUpdate`, or `blueGreen`; until then no release starts, and none is promoted.',
  ),
  AllUnavailable: trouble(
    SERVING,
    '`maxUnavailable` comes to all pods, so the update would stop stable at once. Set it lower; until then no release starts, and none is promoted.',
  ),
  NothingBeside: trouble(
    SERVING,
    'A `drift` metric compares answers of both versions at the same time, and `blueGreen` never gives both traffic. Set its `dryRun`, use `shadow`, or write `steps`.',
  ),
  NoWinnerMetric: trouble(
    SERVING,
    '`abTest` needs a metric of failed or slow requests that counts; the message has which can name a winner.',
  ),
  NeedsWeights: trouble(
    ['Rollout', 'Release'],
    'The policy asks for weights of routes, and its router has none (`traffic.service`); the message names the field.',
  ),
  UpdateNeedsSurge: trouble(
    ['Rollout', 'Release'],
    '`rollingUpdate` judges the first new pods beside the old ones: set `maxSurge` of the Deployment to 1, and `canary.mode: borrow` where there is no room for a pod more.',
  ),
  NothingToBorrow: trouble(
    SERVING,
    '`canary.mode: borrow` takes one pod of stable, and there is only one. Scale the Deployment to 2, or use `surge`.',
  ),
  BorrowNeedsSurgeOfOne: trouble(
    SERVING,
    '`canary.mode: borrow` hands over one pod: set `maxSurge` of the Deployment to 1.',
  ),
};
