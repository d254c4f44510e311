import { ordinary, trouble } from '../../api/release/reason.ts';

const GATED = ['Rollout', 'Deployment'] as const;

/** Reasons of whether a version is released at all. */
export const RELEASES_REASONS = {
  Gated: ordinary('The Rollout is ready: the next change of the pod template is released step by step.', {
    on: ['Rollout'],
  }),
  PushedTooFast: trouble(
    GATED,
    'Newer templates end each release before it is done; see [a change in mid-release](how-a-release-runs.md#a-change-in-mid-release).',
  ),
  NewerRevisionQueued: ordinary(
    'A newer template waits until the release has ended (`onNewRevision: queue`); see [a change in mid-release](how-a-release-runs.md#a-change-in-mid-release).',
  ),
  RevisionRejected: trouble(
    GATED,
    'The template in the Deployment was rolled back before: it is not tried again by itself. Push another one, or annotate the Rollout with a new `sluice.dev/retry`; the message has the command.',
  ),
  ReleaseDeleted: trouble(
    ['Rollout', 'Release', 'Deployment'],
    'Somebody deleted the Release of this template: it is not tried again by itself. Push another one, or annotate the Rollout with a new `sluice.dev/retry`; the message has the command.',
    { leavesToPerson: true },
  ),
  ReleaseTooLarge: trouble(
    GATED,
    'A Release holds the stable pod template and the metrics, and etcd takes 1.5 MiB; there must be room for all that a release can come to. Move files and scripts out of the pod template into a ConfigMap, and requests of `golden` and `shadow` into their `configMap`. Nothing is released until then; `sluice.dev/rollout: "off"` lets such a version through.',
  ),
  ReleaseRefused: trouble(
    GATED,
    'The API server takes no Release for this version (a policy, a quota, missing rights, its size); the message is its own. It is tried again every 30 s.',
  ),
  TraceparentInvalid: trouble(
    ['Deployment'],
    'The annotation `sluice.dev/traceparent` is no W3C traceparent, so that the release does not join the trace of the pipeline; it is released all the same. Write `00-<trace id>-<span id>-01`.',
  ),
  WriteRefused: trouble(
    GATED,
    'The API server refuses a write of the Rollout itself, a new Release, or what lets a Deployment without a Rollout go. It is tried again every 30 s.',
  ),
};
