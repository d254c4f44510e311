import { judgeStep } from '../analysis/judge.ts';
import { durationMs } from '../api/duration.ts';
import type { ReleaseStatus } from '../api/release.ts';
import { aborting } from './aborting.ts';
import { checked } from './check.ts';
import { promoting } from './promoting.ts';
import type { Seen } from './seen.ts';
import {
  availability,
  canaryAvailable,
  event,
  gated,
  type Progress,
  proceed,
  routed,
  settledAt,
  wait,
  warmed,
} from './wait.ts';

/** How often preflight is tried again while a problem stands, beside being woken. */
const PREFLIGHT_MS = 10_000;
/** How often a release that waits for others looks whether they are done. */
const BUDGET_MS = 3_000;

function pending(seen: Seen, status: ReleaseStatus): Progress {
  const { preflight, now } = seen;
  if (preflight === null)
    return wait('Preflight', 'the routes and the metrics are being looked at', now + 1_000);
  if ('problem' in preflight)
    return wait(preflight.problem.reason, preflight.problem.message, now + PREFLIGHT_MS);
  return gated(seen, status, 'start', () =>
    roomy(seen, () => proceed('PreflightPassed', 'workload, routes and metrics are as they must be')),
  );
}

/** `then`, where the budget of the namespace has room for the canary. */
function roomy({ shortage = null, now }: Seen, then: () => Progress): Progress {
  return shortage === null ? then() : wait(shortage.reason, shortage.message, now + BUDGET_MS);
}

/** How the canary's pods stand; `then` once all are there. */
function loading(seen: Seen, status: ReleaseStatus, then: () => Progress): Progress {
  if (canaryAvailable(seen, status)) return warmed(seen, then);
  return wait('CanaryLoading', availability(seen, status));
}

function starting(seen: Seen, status: ReleaseStatus): Progress {
  if (status.stage === 'Preparing')
    return routed(seen, status, () =>
      proceed('SubsetsReady', 'every proxy has the subsets of both versions'),
    );
  if (status.stage === 'Routing')
    return routed(seen, status, () =>
      // Two that left Pending in the same moment meet here, before either has pods.
      roomy(seen, () => proceed('RoutesReady', 'all traffic goes to the stable subset')),
    );
  const first = seen.release.spec.policy.steps[0]?.weight;
  return loading(seen, status, () =>
    checked(seen, status, () =>
      gated(seen, status, String(first), () =>
        proceed('CanaryReady', `${status.replicas} canary pods are available`),
      ),
    ),
  );
}

function bakeEnd(seen: Seen, status: ReleaseStatus): number {
  const bake = seen.release.spec.policy.steps[status.step]?.bake;
  if (bake === undefined) return 0;
  return (settledAt(seen, status) ?? seen.now) + durationMs(bake);
}

function analysing(seen: Seen, status: ReleaseStatus): Progress {
  const { policy, metrics, skipStep, rollback } = seen.release.spec;
  const next = policy.steps[status.step + 1];
  const gate = next === undefined ? 'promotion' : String(next.weight);
  if (skipStep === status.step)
    return proceed('StepSkipped', `step ${status.stepText ?? ''} was skipped by spec.skipStep`);
  if (rollback !== undefined) return gated(seen, status, gate, () => proceed('RollbackWindow', rollback));
  const judged = judgeStep(policy.analysis, status.analysis?.metrics ?? [], metrics);
  if (!judged.ready) return wait('Analysing', judged.message);
  const bakedAt = bakeEnd(seen, status);
  if (seen.now < bakedAt) return wait('Baking', judged.message, bakedAt);
  return gated(seen, status, gate, () => proceed('StepPassed', judged.message));
}

function recovering(seen: Seen, status: ReleaseStatus): Progress {
  if ((seen.canary?.ready ?? 0) > 0)
    return event('recovered', 'CanaryRecovered', 'a canary pod is ready again');
  const { unhealthyGrace } = seen.release.spec.policy;
  const since = Date.parse(status.unhealthySince ?? '') || seen.now;
  const message = `no canary pod is ready; it has no traffic (rolled back after ${unhealthyGrace})`;
  return wait('CanaryUnhealthy', message, since + durationMs(unhealthyGrace));
}

function stepping(seen: Seen, status: ReleaseStatus): Progress {
  const weight = `${status.weight} % of the traffic`;
  if (status.stage === 'Recovering') return recovering(seen, status);
  if ((seen.canary?.ready ?? 0) === 0) return event('unhealthy', 'CanaryUnhealthy', 'no canary pod is ready');
  switch (status.stage ?? '') {
    case 'Scaling':
      return loading(seen, status, () => {
        const ready = proceed('CanaryReady', `${status.replicas} canary pods are available`);
        return seen.release.spec.paused === true
          ? wait('Paused', 'paused by spec.paused; analysis goes on')
          : ready;
      });
    case 'Shifting':
      return routed(seen, status, () => proceed('WeightInForce', `the canary gets ${weight}`));
    default:
      return analysing(seen, status);
  }
}

/** How the current stage stands. Total over every phase and stage that the machine knows. */
export function progressOf(seen: Seen, status: ReleaseStatus): Progress {
  switch (status.phase) {
    case 'Pending':
      return pending(seen, status);
    case 'Starting':
      return starting(seen, status);
    case 'Stepping':
      return stepping(seen, status);
    case 'Promoting':
      return promoting(seen, status);
    case 'Aborting':
      return aborting(seen, status);
    case 'Promoted':
    case 'Aborted':
    case 'Superseded':
    case 'Cancelled':
      return wait(status.reason ?? status.phase, status.message ?? '');
  }
}
