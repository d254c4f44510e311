import { ordinary } from '../../api/release/reason.ts';

const FOR_PODS = { awaitsPods: true } as const;

/** Reasons of the ordinary course of a release, in its order. */
export const COURSE_REASONS = {
  Preflight: ordinary('Routes and metrics are being checked.'),
  PreflightPassed: ordinary('Routes and metrics are fit for a release.'),
  RoutesPending: ordinary('The routes are being written.'),
  RoutesSettling: ordinary('The routes are written; every proxy is given time to have them (`settle`).'),
  SubsetsReady: ordinary('Every proxy has the subsets of both versions.'),
  RoutesReady: ordinary('All traffic goes to the stable subset.'),
  CanaryLoading: ordinary('The canary pods load; the message has how many are available.', FOR_PODS),
  CanaryWarming: ordinary(
    'Pods are being warmed up, or the requests of `canary.warmUp` fail; the message has pod and answer.',
    FOR_PODS,
  ),
  CanaryChecking: ordinary(
    'The canary pods are asked by `golden` or `shadow`, before any traffic; a pod that does not answer is named.',
  ),
  CanaryMeasuring: ordinary('What the canary gets at weight 0, past the split, is being measured.', {
    hasDeadline: false,
  }),
  StableCounting: ordinary(
    "The canary is to get all traffic at once: stable's requests are counted before, to compare it with.",
    { hasDeadline: false },
  ),
  CanaryReady: ordinary('All canary pods are available.'),
  CanaryRecovered: ordinary('A canary pod is ready again.'),
  Connecting: ordinary(
    'The canary has a little of the traffic, so that connections are opened (`canary.connect`).',
  ),
  Connected: ordinary('The connections have had their time.'),
  WeightRaised: ordinary('The canary gets the weight of the step.'),
  Analysing: ordinary('Windows of both versions are being compared; the message has what is missing.'),
  Previewing: ordinary('The new version gets the requests of `blueGreen.preview`, and stable all others.', {
    hasDeadline: false,
  }),
  Previewed: ordinary('The time of `blueGreen.preview` is over.'),
  Testing: ordinary(
    'Both versions are tested beside each other (`abTest`); the message has the figures so far.',
    {
      hasDeadline: false,
    },
  ),
  TestOver: ordinary('The time of `abTest` is over: a person names the winner.'),
  CanaryWon: ordinary('The new version is proven to be better than stable (`abTest`).'),
  Baking: ordinary('The evidence is there, and the step waits for its `bake`.', { hasDeadline: false }),
  StepPassed: ordinary('Every metric of the step has passed; the message has the numbers.'),
  CanarySized: ordinary('As many canary pods are ready as the handover takes.'),
  CanaryShort: ordinary('Not all canary pods are available: the handover waits for them.'),
  RoutesRestored: ordinary('The routes are as you wrote them.'),
  RoutesNamed: ordinary(
    'A route names the subsets of the release again: it is restored, and the wait begins again.',
  ),
  RoutesGone: ordinary('There are no routes to restore.'),
  HandingOver: ordinary('The canary ReplicaSet is being handed over to the Deployment.'),
  HandedOver: ordinary('The canary ReplicaSet belongs to the Deployment.'),
  Updating: ordinary('The native rolling update brings the other pods.'),
  UpdateComplete: ordinary('The Deployment runs the new version alone.'),
  Draining: ordinary('Requests in flight to the canary are being finished.'),
  Drained: ordinary('The canary has no traffic any more.'),
  Removing: ordinary('The canary pods are being removed.'),
  CanaryRemoved: ordinary('The canary pods are gone.'),
  ReturningToStable: ordinary('The rolling update returns to stable.'),
  Retreated: ordinary('The Deployment runs stable again.'),
  Reverting: ordinary('The stable template is being written back (`onAbort: revert`).'),
  Resuming: ordinary('The Deployment is being resumed.'),
  RestoringNewerTemplate: ordinary('A newer template that came meanwhile is being put back.'),
  GivingBack: ordinary('The Deployment gets back the pod that was borrowed.'),
  Ended: ordinary('Nothing of the release is left.'),
  StableServing: ordinary('Pods of stable are ready again.'),
  Promotable: ordinary('The Deployment allows the promotion again.'),
};
