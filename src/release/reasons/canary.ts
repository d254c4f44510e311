import { person, trouble } from '../../api/release/reason.ts';

/** Reasons of the canary's pods. */
export const CANARY_REASONS = {
  CanaryUnhealthy: trouble(
    ['Release'],
    'No canary pod is ready. It has no traffic, and is rolled back after `unhealthyGrace`.',
    { hasDeadline: false },
  ),
  CanaryReplaced: trouble(
    ['Release'],
    'The canary pods are gone (their node was drained, say), and others load in their place, for `deadlines.start` at most. The canary has no traffic meanwhile.',
    { hasDeadline: false, awaitsPods: true },
  ),
  PodsRefused: trouble(
    ['Release', 'Rollout', 'Deployment'],
    'The API server has refused pods of the version that is to come for more than 10 s, such as by a quota; the message has its words.',
    { awaitsPods: true, hindersAbort: true },
  ),
  WaitingForBudget: trouble(
    ['Release'],
    'Other releases have, or come first for, what `canary.budget` leaves: it starts when they are done.',
    { hasDeadline: false },
  ),
  BudgetTooSmall: trouble(
    ['Release'],
    'The canary needs more than `canary.budget` allows at all. Raise it, or use `canary.replicas` or smaller steps.',
  ),
  PodNamesAlike: trouble(
    ['Release'],
    'Two workloads have long names whose first characters are the same, and metrics select by `{{pods}}`: Kubernetes truncates pod names, so these cannot be distinguished.',
  ),
  WarmUpBodyMissing: trouble(
    ['Release'],
    'The ConfigMap or key of `canary.warmUp.bodyFrom` is not there or cannot be read; the message says which. It is read again every 10 s.',
  ),
  Paused: person(
    ['Release'],
    '`spec.paused`: the release stays where it is, and a failing verdict still rolls it back.',
    { severity: 'info' },
  ),
};
