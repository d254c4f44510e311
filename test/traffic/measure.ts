import { type LoadRecord, NOT_SENT } from '../../hack/load/record.ts';
import { requestsAbout } from '../../hack/testbed/audit.ts';
import type { Change } from '../../hack/testbed/evidence/history.ts';
import { type Level, levelsOf } from '../../hack/testbed/evidence/levels.ts';
import { halfSwitched, strangeWeights } from '../../hack/testbed/evidence/promises.ts';
import {
  combined,
  type Evidence,
  type Figures,
  figuresOf,
  lostIn,
  type Transition,
  wrongAnswers,
} from '../../hack/testbed/evidence/transition.ts';
import { clock } from '../../hack/testbed/evidence/trial.ts';
import { fixedSteps } from '../../src/api/rollout/steps.ts';
import type { TrafficCase } from './matrix.ts';
import { type Scene, specOf } from './play.ts';
import { statusesOf } from './release-history.ts';

/** A transition on a road, and what it came to. */
export interface Row extends Figures {
  readonly router: string;
  readonly strategy: string;
  readonly transition: string;
  /** Requests of the controller about the namespace to the API server, its lease left out. */
  readonly apiRequests: number;
}

/** What came of a case: a row for each transition, and what did not hold, in words. */
export interface CaseResult {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly problems: readonly string[];
  readonly seconds: number;
}

const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
/** A settle of the policy, in which proxies must have learned of a change. */
const SPREAD_MS = 1_000;

const ROUTES = new Set(['VirtualService', 'HTTPRoute', 'GRPCRoute']);
/** How long before and after a wrong answer what was written belongs to its story, milliseconds. */
const BEFORE_MS = 10_000;

/** What was written about its pod and the routes before an answer that should not have been. */
function beforeAnswer(changes: readonly Change[], { at, pod, latencyMs }: LoadRecord): string {
  const told = changes.flatMap(({ kind, object, gone, at: written }) => {
    if (written < at - BEFORE_MS || written > at + latencyMs + BEFORE_MS) return [];
    const when = clock(written);
    if (ROUTES.has(kind)) return [`${kind} written ${when}`];
    if (kind !== 'Pod' || object.metadata.name !== pod) return [];
    const is = gone ? 'gone' : object.metadata.deletionTimestamp === undefined ? 'changed' : 'terminating';
    return [`pod ${is} ${when}`];
  });
  return `${pod}; ${told.join(', ')}`;
}

function problemsOf(
  changes: readonly Change[],
  evidence: readonly Evidence[],
  transition: Transition,
  { failed, wrongVersion, shareError }: Figures,
): string[] {
  const [lost] = evidence.flatMap((one) => lostIn(one, transition));
  const wrongs = evidence.flatMap((one) => wrongAnswers(one, transition));
  const [wrong, last] = [wrongs[0], wrongs.at(-1)];
  return [
    ...(lost === undefined
      ? []
      : [
          `${failed} requests failed, the first at ${clock(lost.at)}: ${lost.error ?? lost.status} ${lost.pod}`,
        ]),
    ...(wrong === undefined || last === undefined
      ? []
      : [
          `${wrongVersion} answers of a wrong version from ${clock(wrong.at)} to ${clock(last.at)}, the first of ${wrong.version} (${beforeAnswer(changes, wrong)})`,
        ]),
    ...(shareError === 0 ? [] : [`a share is ${shareError} points outside of its interval`]),
  ].map((problem) => `${transition.name}: ${problem}`);
}

/** What the callers have got, beside what the objects promised to them. */
async function evidenceOf(scene: Scene): Promise<Evidence[]> {
  const logs = await Promise.all(
    scene.callers().map(async (one) => ({ ...one, records: await one.recordsNow() })),
  );
  const answered = logs.flatMap(({ records }) => records.map(({ version }) => version));
  const versions = [...new Set(answered)].filter((version) => version !== '');
  const changes = scene.witness.changes();
  return logs.map(({ headers, records }) => ({
    records,
    levels: levelsOf(changes, scene.road, versions, headers),
    spreadMs: SPREAD_MS,
  }));
}

/** What the routes gave to new versions that no step asks for. */
function unasked(
  { strategy, play }: TrafficCase,
  scene: Scene,
  [everybody, ...joined]: readonly Evidence[],
): string[] {
  const weights = fixedSteps(specOf(strategy, play, scene.site.host)).map(({ weight = 0 }) => weight);
  const levels = everybody?.levels ?? [];
  return scene.pushes().flatMap((pushed) => {
    const { version } = pushed;
    const statuses = statusesOf(scene, pushed);
    const isPromoted = statuses.some(({ status }) => status.phase === 'Promoted');
    // On the way back from an update the share is that of what is ready.
    const back = statuses.find(({ status }) => status.phase === 'Aborting')?.at ?? Number.POSITIVE_INFINITY;
    const stepping = (all: readonly Level[]): Level[] => all.filter(({ at }) => at < back);
    return [
      ...strangeWeights(stepping(levels), version, weights),
      ...joined.flatMap((callers) => strangeWeights(stepping(callers.levels), version, [...weights, 100])),
      ...(isPromoted && weights.includes(100) ? halfSwitched(levels, version) : []),
    ];
  });
}

/** Measures the transitions of a case that was played; `auditLog` is that of the API server. */
export async function measure(
  one: TrafficCase,
  scene: Scene,
  transitions: readonly Transition[],
  auditLog: string,
): Promise<Pick<CaseResult, 'rows' | 'problems'>> {
  const { road, strategy } = one;
  const evidence = await evidenceOf(scene);
  const asked = await requestsAbout(auditLog, CONTROLLER, scene.site.namespace);
  const unsent = evidence
    .flatMap(({ records }) => records)
    .filter(
      ({ at, error }) => error === NOT_SENT && transitions.some(({ from, to }) => at >= from && at < to),
    ).length;
  const problems = unasked(one, scene, evidence);
  if (unsent > 0) problems.push(`${unsent} requests were not sent, too many being under way`);
  const rows = transitions.map((transition): Row => {
    const { name, from, to } = transition;
    const figures = combined(
      transition,
      evidence.map((callers) => ({ evidence: callers, figures: figuresOf(callers, transition) })),
    );
    problems.push(...problemsOf(scene.witness.changes(), evidence, transition, figures));
    const apiRequests = asked.filter((at) => at >= from && at < to).length;
    return { router: road.name, strategy: strategy.name, transition: name, ...figures, apiRequests };
  });
  return { rows, problems };
}
