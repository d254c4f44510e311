import { ordinary, person, trouble } from '../../api/release/reason.ts';

const PACE = 'See [pace](how-a-release-runs.md#the-pace-of-a-release).';

/** Reasons of measuring, of the verdict of a step, and of the people who decide about it. */
export const STEP_REASONS = {
  NothingToCompare: trouble(
    ['Release', 'Deployment'],
    'No pod of stable is ready and its metrics have no data, so there is nothing to compare with; the message has what keeps them and the command. Repair stable, or promote in full.',
  ),
  StableUncounted: trouble(
    ['Release'],
    'The canary is to get all traffic at once, and stable has had too few requests to compare it with since. Promote without a comparison, or abort.',
    { hasDeadline: false },
  ),
  JobRefused: trouble(
    ['Release'],
    'The API server would not take the `job` of a metric; the message has its words.',
  ),
  JobGetsTraffic: trouble(
    ['Release'],
    'A Service would send traffic to the pods of the `job` of a metric; the message has the field.',
  ),
  SecretMissing: trouble(
    ['Release'],
    '`webhook.secret` or `webhook.token` of a metric is not there, or the controller may not read it; the message says which and how to let it.',
  ),
  UnevenLoad: ordinary(
    "Pods of one version answer more than twice as many requests as the other's, so the comparison flatters one of them: choose a weight or `canary.replicas` that loads them alike. Nothing is decided by it.",
  ),
  EvenLoad: ordinary('Pods of both versions answer about as many requests.'),
  SharedFault: trouble(
    ['Release'],
    'Stable is beyond the bound of a metric as well, and the canary is no worse: going back would help nobody. The weight stays, and the release continues by itself when that is over (`analysis.onSharedFault`); that time does not count against the deadline of the step. Check what both versions depend on.',
    { hasDeadline: false },
  ),
  ColdStart: ordinary(
    'The pods of the canary are cold (`canary.coldStart`, or as the past has shown): only gross faults roll back until they are themselves.',
  ),
  StepOverdue: trouble(
    ['Release'],
    'Not enough evidence within `deadlines.step`: it stays at its weight and waits for a person (`onTimeout: hold`).',
  ),
  BakeOverdue: trouble(
    ['Release'],
    `The evidence does not decide within \`maxBake\`: it stays and waits for a person (\`analysis.onInconclusive: hold\`). ${PACE}`,
    { hasDeadline: false, expired: 'bake' },
  ),
  StepInconclusive: ordinary(
    `The evidence did not decide within \`maxBake\`, and the release continues (\`analysis.onInconclusive: promote\`). ${PACE}`,
  ),
  PromotionOverdue: trouble(
    ['Release'],
    'The native rolling update takes longer than `deadlines.promotion`. It continues.',
  ),
  WaitingForApproval: person(
    ['Release'],
    'A gate of `approval.at` waits for people: `sluice approve`. See [approvals](approvals.md).',
    { asks: true },
  ),
  ApprovalOverdue: person(
    ['Release'],
    'Nobody has decided within `approval.timeout`; it stays (`approval.onTimeout: hold`). See [approvals](approvals.md).',
    { expired: 'approval' },
  ),
  Approved: ordinary('Somebody has approved a gate; the message has who, and by what way.'),
  ApprovalRefused: trouble(
    ['Release'],
    'An approval that stands in Git does not count: the message says why. See [approvals](approvals.md).',
  ),
  NotificationFailed: trouble(
    ['Release'],
    'A message to a receiver failed for good; the message has its answer. See [notifications](notifications.md).',
  ),
  DeliveryFailed: trouble(
    ['Release'],
    'Messages to receivers fail at the moment, or have failed for good; the message has the answers. See [notifications](notifications.md).',
  ),
  StepSkipped: ordinary('A person left a step without its verdict; the message has who and why.'),
  FullPromotion: ordinary('A person asked for the promotion without the verdicts of the steps that remain.'),
  PromotedInFull: ordinary('The steps that remained were left out, as a person had asked.'),
  RollbackWindow: ordinary('Steps were skipped, since the version served before (`rollbackWindow`).'),
};
