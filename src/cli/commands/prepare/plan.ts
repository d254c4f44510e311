import { calibrationText } from '../../../analysis/calibration/calibration-text.ts';
import type { ArmSamples } from '../../../analysis/evidence/sample.ts';
import { queriesOf } from '../../../analysis/templates/query.ts';
import { formatDuration, parseDuration } from '../../../api/values/duration.ts';
import { experienceOf } from '../../../replay/experience.ts';
import { type Plan, planOf, type StepPlan } from '../../../replay/plan.ts';
import { type Traffic } from '../../../replay/plan-input.ts';
import { trafficOf } from '../../../replay/traffic.ts';
import { usage } from '../../cli-error.ts';
import { unseenRoutes } from '../../preflight/hidden.ts';
import { type Asker, openPrometheus, type PrometheusFlags } from '../../preflight/prometheus.ts';
import { readServing, type Serving } from '../../preflight/serving.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import { type Canvas, wrap } from '../../terminal/paint.ts';
import { tableLines } from '../../terminal/table.ts';

const time = (ms: number | null): string => (ms === null ? '?' : ms === 0 ? '-' : formatDuration(ms));

function rateText({ metric, perSecond }: Traffic): string {
  if (perSecond === null) return `${metric}: not known`;
  return `${metric}: ${Number(perSecond.toPrecision(3))} requests/s`;
}

/** A plan with what is known beside it. */
export interface PlanFound extends Plan {
  /** How the steps of the policy became those of the pods. */
  readonly rounding?: string;
  /** What is not known of the routes, with the rights that it takes. */
  readonly hidden?: readonly string[];
}

/** What to know when reading a plan, as sentences. */
export function notesOf(plan: PlanFound): string[] {
  const { steps, promotionMs, gates, traffic, calibrations, hidden = [] } = plan;
  const uncounted = traffic.filter(({ perSecond }) => perSecond === null).map(({ metric }) => metric);
  const unknownLoad = steps.some(({ loadMs }) => loadMs === null);
  return [
    ...hidden.map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`),
    ...calibrations.map((one) => `Known of ${one.metric}: ${calibrationText(one)}.`),
    ...(uncounted.length > 0
      ? [
          `The traffic of ${uncounted.join(', ')} is not known: pods that are younger than the time over which it is counted (--over) have no counts at its beginning; give a shorter one, or wait. What else may be missing: sluice preflight.`,
        ]
      : []),
    ...(unknownLoad ? ['How long the pods take to load is not known: no release has shown it yet.'] : []),
    ...(promotionMs === null
      ? ['How long the promotion takes is not known: no release was promoted yet.']
      : []),
    ...(gates.length > 0 ? [`Not counted: people, who are waited for at ${gates.join(', ')}.`] : []),
    ...steps.flatMap(({ name, problem }) => (problem === null ? [] : [`Step ${name}: ${problem}.`])),
    ...steps.flatMap(({ name, uneven }) => (uneven === null ? [] : [`Step ${name}: ${uneven}.`])),
    ...(steps.some(({ weight }) => weight === 0)
      ? ['How many requests a match chooses is not known, nor how long its step takes.']
      : []),
  ];
}

/** The plan as a table with its assumptions, and how its steps became those of the pods. */
export function view(plan: PlanFound, canvas: Canvas): string[] {
  const { paint, width } = canvas;
  const { connect, steps, promotionMs, totalMs, traffic } = plan;
  const rows = tableLines<StepPlan>(
    steps,
    [
      { title: 'STEP', cell: ({ name }) => name },
      { title: 'PODS', cell: ({ pods }) => String(pods) },
      { title: 'LOAD', cell: ({ loadMs }) => time(loadMs) },
      { title: 'SETTLE', cell: ({ settleMs }) => time(settleMs) },
      { title: 'EVIDENCE', cell: ({ evidenceMs }) => time(evidenceMs) },
      { title: 'BAKE', cell: ({ bakeMs }) => time(bakeMs) },
      { title: 'TAKES', cell: ({ takesMs }) => paint('strong', time(takesMs)) },
      { title: 'BECAUSE OF', cell: ({ because }) => because },
    ],
    canvas,
  );
  const total = totalMs === null ? 'not known' : `about ${formatDuration(totalMs)}`;
  return [
    `Traffic now: ${traffic.map(rateText).join(', ') || 'nothing counts requests'}`,
    '',
    ...rows,
    '',
    ...(connect === null
      ? []
      : [`Before the first step: ${time(connect.takesMs)} at ${connect.weight} % (canary.connect)`]),
    `Promotion: ${promotionMs === null ? 'not known' : time(promotionMs)}`,
    paint('strong', `All in all: ${total}, if the new version is as good as stable`),
    ...(plan.rounding === undefined ? [] : wrap(`Steps: ${plan.rounding}.`, width)),
    ...notesOf(plan).flatMap((note) => wrap(note, width)),
  ];
}

/** The traffic over the last `overMs`, of the versions that have any. */
async function trafficNow(serving: Serving, prometheus: Asker, overMs: number): Promise<Traffic[]> {
  const { metrics, names, current } = serving;
  const canary = current?.spec.canary;
  const known =
    canary === undefined
      ? names
      : { ...names, canary: { replicaSet: canary.replicaSet, hash: canary.podTemplateHash } };
  const end = Date.now() - 1_000;
  const start = end - overMs;
  const asked = queriesOf(metrics, known).filter(
    ({ part, covariate, source }) =>
      part !== 'query' && covariate === undefined && (source ?? 'prometheus') === 'prometheus',
  );
  const samples = await Promise.all(
    asked.map(async (query): Promise<ArmSamples> => {
      const [first, last] = await Promise.all([
        prometheus.sample(query.promql, start),
        prometheus.sample(query.promql, end),
      ]);
      return { ...query, start: first, end: last };
    }),
  );
  return trafficOf(metrics, { start, end, samples });
}

interface Flags extends ClusterFlags, PrometheusFlags {
  readonly rootNamespace: string;
  readonly over: string;
  readonly output?: Format | undefined;
}

/** How long each step of a release takes at the traffic of now. */
export async function planFor(
  session: Session,
  name: string | undefined,
  flags: Pick<Flags, 'rootNamespace' | 'over' | keyof PrometheusFlags>,
): Promise<PlanFound> {
  const overMs = parseDuration(flags.over);
  if (!overMs) throw usage(`--over ${flags.over} is no duration`, 'write it like 5m');
  const serving = await readServing(session, name, flags.rootNamespace);
  const traffic = await trafficNow(serving, await openPrometheus(session, flags), overMs);
  const { policy, metrics, calibrations, replicas, releases, surge, shares, rounding } = serving;
  const { template } = serving.deployment;
  const pace = { policy, surge, template, ...(shares && { shares }) };
  const found = planOf({ ...pace, metrics, calibrations, traffic, replicas, ...experienceOf(releases) });
  const { all, mesh } = unseenRoutes(serving.hidden, session.namespace, session.user ?? '');
  const missing = [...all, ...mesh];
  return {
    ...found,
    ...(rounding === undefined ? {} : { rounding }),
    ...(missing.length === 0 ? {} : { hidden: missing }),
  };
}

/** `sluice plan [NAME]`. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const plan = await withSession(flags, (session) => planFor(session, name, flags));
  const { output } = flags;
  if (output === 'json' || output === 'yaml') return sayData(output, plan);
  say(...view(plan, canvasOf()));
}
