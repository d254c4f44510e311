import type { ReleaseStatus } from '../../api/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { sharedConfigNote } from '../../workload/shared-config.ts';
import { measured } from '../baseline.ts';
import { checked } from '../checks.ts';
import { gateBehind, gatesAhead, isOpen } from '../gates/approval.ts';
import { leftOut, promoteText, skipOf, skipText, stepName } from '../gates/skip-and-promote.ts';
import { stepExitOf } from '../gates/step-exit.ts';
import type { Observation } from '../observed.ts';
import { isStableDown, stableDown } from '../rollout/stable-ready.ts';
import { stepWeight } from '../strategy/steps.ts';
import { aborting } from './aborting.ts';
import {
  availability,
  canaryAvailable,
  canaryLoading,
  canaryPods,
  event,
  gated,
  PAUSED,
  type Progress,
  proceed,
  routed,
  settledAt,
  wait,
  warmed,
} from './progress.ts';
import { promoting } from './promoting.ts';

/** How often preflight is tried again while a problem stands, beside being woken. */
const PREFLIGHT_MS = 10_000;
/** How often a release that waits for others looks whether they are done. */
const BUDGET_MS = 3_000;

function pending(seen: Observation, status: ReleaseStatus): Progress {
  const { preflight, now } = seen;
  if (preflight === null) return wait('Preflight', 'routes and metrics are being checked', now + 1_000);
  if ('problem' in preflight)
    return wait(preflight.problem.reason, preflight.problem.message, now + PREFLIGHT_MS);
  return gated(seen, status, 'start', () =>
    roomy(seen, () => proceed('PreflightPassed', `preflight checks passed${remarkOn(seen)}`)),
  );
}

/** What is no reason to wait, but should be known when a release begins. */
function remarkOn({ deployment, release }: Observation): string {
  return deployment === null ? '' : sharedConfigNote(release.spec.stable.template, deployment.template);
}

/** `then`, where the budget of the namespace has room for the canary. */
function roomy({ shortage = null, now }: Observation, then: () => Progress): Progress {
  return shortage === null ? then() : wait(shortage.reason, shortage.message, now + BUDGET_MS);
}

/** How the canary's pods stand; `then` once all are there. */
function loading(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  if (canaryAvailable(seen, status)) return warmed(seen, then);
  return canaryLoading(seen, status);
}

function starting(seen: Observation, status: ReleaseStatus): Progress {
  if (status.stage === 'Preparing')
    return routed(seen, status, () =>
      proceed('SubsetsReady', 'every proxy has the subsets of both versions'),
    );
  if (status.stage === 'Routing')
    return routed(seen, status, () =>
      // Two that left Pending in the same moment meet here, before either has pods.
      roomy(seen, () => proceed('RoutesReady', 'all traffic goes to the stable subset')),
    );
  const first = stepWeight(seen.release.spec.policy, status, 0);
  return loading(seen, status, () =>
    checked(seen, status, () =>
      gated(seen, status, String(first), () =>
        measured(seen, status, () => proceed('CanaryReady', `${canaryPods(status.replicas)} available`)),
      ),
    ),
  );
}

/** `then`, behind the gate that the step ends at. Where the evidence chooses the next weight, only a pause stops it. */
function leaving(seen: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  const gate = gateBehind({ spec: seen.release.spec, status }, status.step);
  if (gate !== null) return gated(seen, status, gate, then);
  return seen.release.spec.paused === true ? PAUSED : then();
}

/** What people have asked for in place of the verdict that the step waits for; null where nobody has. */
function shortcut(seen: Observation, status: ReleaseStatus): Progress | null {
  const { spec } = seen.release;
  const now = { spec, status };
  if (spec.promote !== undefined) {
    const { promote } = spec;
    // The gates of the steps that are left out are not: where one asks for more people, they are waited for.
    const shut = gatesAhead(now, status.step).find((gate) => !isOpen(now, gate)) ?? 'promotion';
    // So that the canary has had the weight at all, be it the first.
    return routed(seen, status, () =>
      gated(seen, status, shut, () => {
        const steps = leftOut(now, status.step);
        const without = steps === '' ? '' : `, without ${steps}`;
        const message = `from ${stepName(now, status.step)}${without}: ${promoteText(promote)}`;
        return event('promote', 'PromotedInFull', message);
      }),
    );
  }
  const skip = skipOf(seen.release, status.step);
  if (skip === null) return null;
  return leaving(seen, status, () => proceed('StepSkipped', skipText(now, status.step, skip)));
}

function analysing(seen: Observation, status: ReleaseStatus): Progress {
  const { policy, metrics, rollback, paused } = seen.release.spec;
  const asked = shortcut(seen, status);
  if (asked !== null) return asked;
  if (rollback !== undefined)
    return routed(seen, status, () => leaving(seen, status, () => proceed('RollbackWindow', rollback)));
  const inForce = settledAt(seen, status) ?? seen.now;
  const pace = stepExitOf({
    policy,
    metrics,
    states: status.analysis?.metrics ?? [],
    step: status.step,
    weight: status.weight,
    elapsedMs: Math.max(0, seen.now - inForce),
  });
  if (pace.kind === 'passes') return leaving(seen, status, () => proceed(pace.reason, pace.message));
  const { reason, message, untilMs } = pace;
  if (status.verdict === 'noData' && isStableDown(seen)) {
    const down = stableDown(seen, message, null);
    return wait(down.reason, down.message, untilMs === undefined ? untilMs : inForce + untilMs);
  }
  // It has passed once, and a person has been asked: the time that takes is not the evidence's.
  const excused = reason === 'BakeOverdue' && (paused === true || status.waitingSince !== undefined);
  return wait(excused ? 'Analysing' : reason, message, untilMs === undefined ? untilMs : inForce + untilMs);
}

function recovering(seen: Observation, status: ReleaseStatus): Progress {
  if ((seen.canary?.ready ?? 0) > 0)
    return event('recovered', 'CanaryRecovered', 'a canary pod is ready again');
  const { unhealthyGrace, deadlines } = seen.release.spec.policy;
  const since = Date.parse(status.unhealthySince ?? '') || seen.now;
  if (status.replacing === true) {
    const text = `the canary pods are gone, and others load in their place, without traffic (rolled back after deadlines.start ${deadlines.start}): ${availability(seen, status)}`;
    return wait('CanaryReplaced', text, since + durationMs(deadlines.start));
  }
  const message = `no canary pod is ready; it has no traffic (rolled back after ${unhealthyGrace})`;
  return wait('CanaryUnhealthy', message, since + durationMs(unhealthyGrace));
}

/** Pods that are there get the weight of the step; where the policy has it and they have no traffic, a little of it first. */
function scaled({ release }: Observation, status: ReleaseStatus): Progress {
  const { paused, policy } = release.spec;
  const { connect } = policy.canary;
  if (paused === true) return PAUSED;
  const there = `${canaryPods(status.replicas)} available`;
  if (connect === undefined || status.weight > 0) return proceed('CanaryReady', there);
  const first = `first ${connect.weight} % of the traffic for ${connect.for} (canary.connect)`;
  return event('connect', 'CanaryReady', `${there}; ${first}`);
}

/** Nothing is judged: time is all that it takes. */
function connecting(seen: Observation, status: ReleaseStatus): Progress {
  const { policy, paused } = seen.release.spec;
  if (paused === true) return PAUSED;
  return routed(seen, status, () => {
    const span = policy.canary.connect?.for ?? '0s';
    const until = (settledAt(seen, status) ?? seen.now) + durationMs(span);
    const message = `the canary has ${status.weight} % of the traffic for ${span}, so that connections are opened (canary.connect)`;
    return seen.now < until
      ? wait('Connecting', message, until)
      : proceed('Connected', `the canary has had ${status.weight} % of the traffic for ${span}`);
  });
}

function stepping(seen: Observation, status: ReleaseStatus): Progress {
  const weight = `${status.weight} % of the traffic`;
  if (status.stage === 'Recovering') return recovering(seen, status);
  if ((seen.canary?.ready ?? 0) === 0) return event('unhealthy', 'CanaryUnhealthy', 'no canary pod is ready');
  switch (status.stage ?? '') {
    case 'Scaling':
      return loading(seen, status, () => scaled(seen, status));
    case 'Connecting':
      return connecting(seen, status);
    case 'Shifting':
      // Whoever looks at the traffic waits by itself until the routes are in force: that costs no status of its own.
      return proceed('WeightRaised', `the canary gets ${weight}`);
    default:
      return analysing(seen, status);
  }
}

/** How the current stage stands. Total over every phase and stage that the machine knows. */
export function progressOf(seen: Observation, status: ReleaseStatus): Progress {
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
