import { LATE_SCRAPES_MS, type Window } from '../../analysis/evidence/window.ts';
import { placeOf } from '../../api/release/places.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { durationMs } from '../../api/values/duration.ts';
import { probesWithin } from '../canary/probe-traffic.ts';
import type { ResidualTraffic } from '../canary/residual-traffic.ts';
import type { Observation } from '../observed.ts';
import { pastTheRoutes } from '../past-routes.ts';
import type { Reason } from '../reasons/catalogue.ts';
import { type Progress, proceed, wait } from './progress.ts';

/** A longer window shows nothing more: no scrape takes longer. */
const LONGEST_WINDOW_MS = 60_000;
/** If the canary's requests are unknown, three times `drain` must do, but at most this much longer. */
const MOST_UNSEEN_MS = 30_000;
/** How often the metrics are queried again; less often the longer it lasts. */
const [OFTEN_MS, SELDOM_MS] = [1_000, 10_000];

/** The times of a drain, in epoch milliseconds. */
interface Times {
  /** When requests in flight are done, and every proxy should know of weight 0. */
  readonly dueAt: number;
  /** When a window without expected requests is complete. */
  readonly lookAt: number;
  /** When a window can no longer include requests from before weight 0 was in force. */
  readonly clearAt: number;
  /** When the pods are removed without data. */
  readonly unseenAt: number;
  /** When the pods are removed regardless of their requests, once weight 0 has been in the routes long enough. */
  readonly lastAt: number;
  /** When they are removed even though somebody keeps changing the routes. */
  readonly hardAt: number;
}

/** Length of a window in which the canary's requests are counted, milliseconds. */
export function windowMs({ release }: Observation): number {
  return Math.min(LONGEST_WINDOW_MS, Math.max(1, durationMs(release.spec.policy.analysis.interval)));
}

const earlier = (time: string | undefined, than: number): number =>
  Math.min(Date.parse(time ?? '') || than, than);

/**
 * Measurements count from `confirmedAt`, which restarts whenever somebody changes the routes. The deadline counts from
 * the start of the abort, so that reverting the routes again and again cannot keep a bad version for ever.
 */
function timesOf(observation: Observation, status: ReleaseStatus, confirmedAt: string): Times {
  const { policy } = observation.release.spec;
  const since = Date.parse(confirmedAt);
  const [drain, settle] = [durationMs(policy.drain), durationMs(policy.settle)];
  const least = Math.max(drain, settle);
  const dueAt = since + least;
  const lastAt = earlier(status.stageStartedAt, since) + durationMs(policy.deadlines.drain);
  const hardAt = Math.max(lastAt, earlier(status.withdrawnAt, since)) + least;
  const lookAt = Math.max(dueAt, since + settle + windowMs(observation) + LATE_SCRAPES_MS);
  const unseenAt = since + drain + Math.min(2 * drain, MOST_UNSEEN_MS);
  return {
    dueAt,
    lookAt,
    clearAt: since + settle + windowMs(observation),
    unseenAt: Math.min(lastAt, Math.max(lookAt, unseenAt)),
    lastAt,
    hardAt,
  };
}

/** Whether removing the canary could lose requests, and stable could take them over. */
function isWorthWaiting({ canary, deployment }: Observation): boolean {
  return (canary?.ready ?? 0) > 0 && deployment !== null && !deployment.deleting;
}

/** The window to measure before the canary pods are removed; null if none is useful (yet). */
export function drainWindow(observation: Observation, status: ReleaseStatus): Window | null {
  const { routeConfirmedAt, exposedAt, phase, stage } = status;
  if (placeOf(phase, stage) !== 'Aborting.Draining') return null;
  if (exposedAt === undefined || routeConfirmedAt === undefined || !isWorthWaiting(observation)) return null;
  const { lookAt, lastAt } = timesOf(observation, status, routeConfirmedAt);
  if (observation.now < lookAt || observation.now >= lastAt) return null;
  const end = observation.now - LATE_SCRAPES_MS;
  return { start: end - windowMs(observation), end };
}

const DRAINED = proceed('Drained', 'the canary has had no traffic for long enough');
const PAST_THE_ROUTES = proceed(
  'Drained',
  'the canary gets no more requests than before its first weight: they do not come through the routes',
);
/** Reason of the wait for proxies that still send. */
const SENDING: Reason = 'DrainWaiting';
const UNDER_WAY = 'requests in flight are being finished';
const NOT_TOLD = 'the metrics have not told yet what the canary gets';
/** How long to wait for an answer beyond the time that applies without one. */
const ANSWER_MS = 1_000;

/** Every check costs four queries or more. */
function againAt({ now }: Observation, { dueAt, lastAt }: Times): number {
  return Math.min(lastAt, now + Math.min(SELDOM_MS, Math.max(OFTEN_MS, (now - dueAt) / 8)));
}

function unseen(observation: Observation, times: Times, why: string, until = times.unseenAt): Progress {
  if (observation.now >= until) return proceed('DrainUnseen', `the canary was given longer to drain: ${why}`);
  return wait('Draining', why, Math.min(until, againAt(observation, times)));
}

/** Missing data now does not undo an earlier finding that proxies still send requests. */
function unknown(
  observation: Observation,
  status: ReleaseStatus,
  times: Times,
  why: string,
  graceMs = 0,
): Progress {
  const wereSending = status.conditions?.some(({ reason }) => reason === SENDING) === true;
  const until = wereSending ? times.lastAt : Math.min(times.lastAt, times.unseenAt + graceMs);
  return unseen(observation, times, why, until);
}

function moving(
  observation: Observation,
  status: ReleaseStatus,
  times: Times,
  { requests, from: start, to: end }: Extract<ResidualTraffic, { kind: 'moves' }>,
): Progress {
  const again = againAt(observation, times);
  const { canary } = observation;
  const probes = canary === null ? 0 : canary.ready * probesWithin(canary.template, end - start);
  const past = pastTheRoutes(observation, status, end - start);
  if (past > 0 && requests <= past + probes) return PAST_THE_ROUTES;
  if (start < times.clearAt) return wait('Draining', UNDER_WAY, again);
  if (requests <= probes)
    return unseen(observation, times, `it gets ${requests} requests, no more than probes and scrapes are`);
  const seconds = Math.round((end - start) / 1_000);
  return wait(
    SENDING,
    `the proxies still send requests to the canary at weight 0 (${requests} in ${seconds} s): is their control plane (istiod) up? Its pods go when that ends, at the latest after ${observation.release.spec.policy.deadlines.drain} (deadlines.drain)`,
    again,
  );
}

/**
 * Whether the canary pods may be removed, if the routes have sent requests to all pods of the Service since
 * `confirmedAt`.
 */
export function opened(observation: Observation, status: ReleaseStatus, confirmedAt: string): Progress {
  const { dueAt, hardAt } = timesOf(observation, status, confirmedAt);
  const until = Math.min(dueAt, hardAt);
  return observation.now >= until ? DRAINED : wait('Draining', UNDER_WAY, until);
}

/** Whether the policy turns off the check of the canary's requests. */
export function nobodyLooks({ release }: Observation): boolean {
  const { deadlines, drain, settle } = release.spec.policy;
  return durationMs(deadlines.drain) <= Math.max(durationMs(drain), durationMs(settle));
}

/**
 * Whether the canary pods may be removed, if weight 0 has been in the routes since `confirmedAt`. Not every proxy has a
 * route once it is written, so the canary's own count must stop growing; if that cannot be measured, time must do.
 */
export function drained(observation: Observation, status: ReleaseStatus, confirmedAt: string): Progress {
  const times = timesOf(observation, status, confirmedAt);
  const { now, residual } = observation;
  const dueAt = Math.min(times.dueAt, times.hardAt);
  if (now < dueAt) return wait('Draining', UNDER_WAY, dueAt);
  if (!isWorthWaiting(observation) || nobodyLooks(observation)) return DRAINED;
  if (residual?.kind === 'still') return DRAINED;
  if (now >= times.lastAt) return late(observation);
  if (now < times.lookAt) return wait('Draining', UNDER_WAY, Math.min(times.lookAt, times.lastAt));
  switch (residual?.kind) {
    case undefined:
      return wait('Draining', NOT_TOLD, againAt(observation, times));
    case 'moves':
      return moving(observation, status, times, residual);
    case 'unknown':
      return unknown(observation, status, times, residual.why);
    case 'unanswered':
      return unknown(observation, status, times, NOT_TOLD, ANSWER_MS);
  }
}

function late({ release }: Observation): Progress {
  const { drain } = release.spec.policy.deadlines;
  return proceed(
    'DrainDeadline',
    `the canary was not seen to be without requests within ${drain} at weight 0 (deadlines.drain)`,
  );
}
