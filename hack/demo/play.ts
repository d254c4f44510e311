import type { Release } from '../../src/api/release/release.ts';
import { isFinal } from '../../src/release/machine.ts';
import { requestsOf, totalOf } from '../testbed/audit.ts';
import { push } from '../testbed/push.ts';
import { until } from '../testbed/until.ts';
import type { ReleaseReport } from './report.ts';
import { type Push, SLO_MS } from './scenario.ts';
import { NAME, type Stage } from './stage.ts';
import { isBad, trafficOf } from './traffic.ts';

const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
/** Longest time that a release of the demo may take. */
const LONGEST_MS = 240_000;

async function releases({ api }: Stage): Promise<Release[]> {
  return (await api.list('Release')) as Release[];
}

/** Plays one push to its end, and reports it from the outside. */
export async function play(stage: Stage, pushed: Push): Promise<ReleaseReport> {
  const { api, load, pods, view, access } = stage;
  const known = new Set((await releases(stage)).map(({ metadata }) => metadata.uid));
  pods.takePeak();
  const began = Date.now();
  await push(api, NAME, pushed);
  const title = `${pushed.version}: ${pushed.what}`;
  const ended = await until(
    `the release of ${pushed.version} has ended`,
    async () => {
      const release = (await releases(stage)).find(({ metadata }) => !known.has(metadata.uid));
      const now = Date.now();
      const traffic = trafficOf(load.records(), began, now, SLO_MS);
      view.show({ title, seconds: (now - began) / 1_000, status: release?.status, traffic });
      return release !== undefined && isFinal(release.status?.phase ?? 'Pending') ? release : null;
    },
    { within: LONGEST_MS, every: 250 },
  );
  view.leave();
  const end = Date.now();
  await until('the request log has caught up', () => (load.records().at(-1)?.at ?? 0) > end);
  const counts = await requestsOf(access.auditLog, CONTROLLER, began, end);
  return reportOf(stage, pushed, ended, { began, end, apiRequests: totalOf(counts) });
}

interface Span {
  readonly began: number;
  readonly end: number;
  readonly apiRequests: number;
}

function reportOf(stage: Stage, pushed: Push, release: Release, span: Span): ReleaseReport {
  const { began, end, apiRequests } = span;
  const { version, expected } = pushed;
  const records = stage.load.records();
  const { requests, failed } = trafficOf(records, began, end, SLO_MS);
  const ofVersion = records.filter((record) => record.version === version && record.at <= end);
  const { phase = 'Pending', reason = '', trail = [] } = release.status ?? {};
  const failedAt = trail.find((passage) => passage.phase.startsWith('Aborting'))?.at;
  const last = ofVersion.at(-1)?.at;
  const aborted = failedAt !== undefined && last !== undefined;
  return {
    name: release.metadata.name,
    revision: release.spec.revision,
    version,
    outcome: phase,
    expected,
    reason,
    seconds: (end - began) / 1_000,
    requests,
    failedRequests: failed,
    badRequests: ofVersion.filter((record) => isBad(record, SLO_MS)).length,
    modelLoads: stage.pods.loads(version),
    peakPods: stage.pods.takePeak(),
    secondsToWeightZero: aborted ? Math.max(0, (last - Date.parse(failedAt)) / 1_000) : null,
    apiRequests,
  };
}
