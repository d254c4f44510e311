import type { ReleaseStatus } from '../../api/release/release.ts';
import { probeMetrics, readRequests, readWindow, type SampleDeps } from '../../measure/samples.ts';
import { baselineWindow } from '../../release/baseline.ts';
import { residualTrafficOf } from '../../release/canary/residual-traffic.ts';
import { nextWindow } from '../../release/judge-window.ts';
import type { Observation } from '../../release/observed.ts';
import type { Problem } from '../../release/reasons/catalogue.ts';
import { isStableDown, stableDown } from '../../release/rollout/stable-ready.ts';
import { drainWindow } from '../../release/stages/drain.ts';
import { isContested } from '../../release/status/contest.ts';
import type { Answer, PassDeps } from '../pass-deps.ts';

/** A question to the metrics. */
export interface Question {
  readonly key: string;
  /** The signal is aborted when nobody waits for the answer. */
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  /** The fallback without an answer, if a pass can continue without one; the next pass asks again. */
  readonly meanwhile?: Answer;
}

/** The canary's requests at weight 0, before its first weight and before its pods are removed. */
function residualQuestion(
  deps: SampleDeps,
  observation: Observation,
  status: ReleaseStatus,
): Question | null {
  const window = drainWindow(observation, status) ?? baselineWindow(observation, status);
  const { service } = status;
  if (window === null || service === undefined) return null;
  const ask = async (signal: AbortSignal): Promise<Answer> => ({
    residual: residualTrafficOf(await readRequests(deps, observation.release, service, window, signal)),
  });
  return {
    key: `residual ${status.phase} ${status.routeConfirmedAt}`,
    ask,
    meanwhile: { residual: { kind: 'unanswered' } },
  };
}

/** Why the metrics cannot judge the release. With a full promotion by a person, they do not. */
async function judgingProblem(
  deps: PassDeps,
  observation: Observation,
  service: string,
  signal: AbortSignal,
): Promise<Problem | null> {
  const { release, now } = observation;
  if (release.spec.promote !== undefined) return null;
  const problem = await probeMetrics(deps, release, service, now, signal);
  if (problem?.reason !== 'MetricWithoutData' || !isStableDown(observation)) return problem;
  const { podTemplateHash } = release.spec.stable;
  const why = await deps.podLists.stuck(release.metadata.namespace ?? '', podTemplateHash);
  return stableDown(observation, problem.message, why);
}

/** What must be asked of the metrics before a pass is complete, by the status that it has come to without them; or null. */
export function questionOf(deps: PassDeps, observation: Observation, status: ReleaseStatus): Question | null {
  const { release, planned } = observation;
  if (planned !== null) {
    const ask = async (signal: AbortSignal): Promise<Answer> => {
      const problem =
        (await deps.warmUps.problem(release)) ??
        (await deps.checks.preflight(release)) ??
        (await judgingProblem(deps, observation, planned.service, signal));
      return { preflight: problem === null ? { plan: planned } : { problem } };
    };
    return { key: `preflight ${release.spec.promote !== undefined}`, ask };
  }
  // A window that is due is asked first: otherwise the next pass would come at once.
  return windowQuestion(deps, observation, status) ?? residualQuestion(deps, observation, status);
}

function windowQuestion(deps: PassDeps, observation: Observation, status: ReleaseStatus): Question | null {
  const { release, now } = observation;
  const { service, analysis } = status;
  const due = isContested(observation) ? null : nextWindow(release, status, now);
  if (service === undefined || due === null || 'wakeAt' in due) return null;
  return {
    key: `window ${due.start}`,
    ask: async (signal) => ({
      window: await readWindow(deps, release, service, due, analysis?.metrics, signal),
    }),
  };
}
