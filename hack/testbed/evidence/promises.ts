import { MODEL } from '../model.ts';
import { firstIn } from './history.ts';
import { sentAt } from './in-force.ts';
import { requestShare } from './istio-share.ts';
import { type Level, levelsOf, shareAt } from './levels.ts';
import { wrongAnswers } from './transition.ts';
import { clock, type SentBy, type Trial } from './trial.ts';

/** What is observed may have been so a little earlier. */
const LAG_MS = 500;
const ROAD = {
  share: (...[moment, version, headers]: Parameters<Parameters<typeof levelsOf>[1]['share']>) =>
    requestShare(moment, MODEL, version, headers),
};

/** No version answers callers to whom the routes give nothing of it, nor copies of their requests. */
function unpromised(
  { changes, pushedAt, allowance, version }: Trial,
  { headers, records }: SentBy,
): string[] {
  const versions = [...new Set([version, ...records.map((record) => record.version)])].filter(Boolean);
  const levels = levelsOf(changes, ROAD, versions, headers);
  const evidence = {
    records: records.map((record) => ({ ...record, latencyMs: record.latencyMs + LAG_MS })),
    levels,
    spreadMs: allowance.spreadMs,
  };
  const all = { name: 'all', version, from: pushedAt, to: Number.POSITIVE_INFINITY };
  const wrong = wrongAnswers(evidence, all);
  const [first] = wrong;
  const who = Object.keys(headers).length === 0 ? '' : ` to ${Object.keys(headers).join(', ')}`;
  return first === undefined
    ? []
    : [
        `${wrong.length} answers${who} of a version without a share, the first at ${clock(sentAt(first))} of ${first.version}`,
      ];
}

/** What is wrong with the shares of a version: percents by weight that no step asks for. */
export function strangeWeights(
  levels: readonly Level[],
  version: string,
  weights: readonly number[],
): string[] {
  const strange = levels
    .map((level) => ({ at: level.at, ...shareAt(level, version) }))
    .find(({ by, percent }) => by === 'weight' && ![0, ...weights].includes(Math.round(percent)));
  return strange === undefined
    ? []
    : [`${clock(strange.at)} ${version} has ${strange.percent} % of the requests, which no step asks for`];
}

/** What is wrong where a version that was switched to is promoted: it keeps all requests until the end. */
export function halfSwitched(levels: readonly Level[], version: string): string[] {
  const percents = levels.map((level) => ({ at: level.at, percent: shareAt(level, version).percent }));
  const switched = percents.findIndex(({ percent }) => percent === 100);
  if (switched === -1) return [`${version} was promoted, and never had all requests`];
  const less = percents.slice(switched).find(({ percent }) => percent < 100);
  return less === undefined ? [] : [`${clock(less.at)} ${version} has ${less.percent} % after the switch`];
}

/** The routes divide everybody's requests only as the steps say; on the way back from an update, by what is ready. */
function unasked({ changes, version, pushedAt, weights, allowance }: Trial): string[] {
  const levels = levelsOf(changes, ROAD, [version]).filter(({ at }) => at > pushedAt);
  const back = firstIn(changes, 'Aborting') ?? Number.POSITIVE_INFINITY;
  const stepping = levels.filter(({ at }) => at < back);
  const isSwitched = firstIn(changes, 'Promoted') !== null && weights.includes(100) && !allowance.returns;
  return [
    ...(allowance.putBackMs === undefined ? strangeWeights(stepping, version, weights) : []),
    ...(isSwitched ? halfSwitched(levels, version) : []),
  ];
}

/** What the routes promise to each caller holds, and is what the steps ask for. */
export function promiseProblems(trial: Trial): string[] {
  return [...trial.callers.flatMap((callers) => unpromised(trial, callers)), ...unasked(trial)];
}
