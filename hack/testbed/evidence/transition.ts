import { type LoadRecord, NOT_SENT } from '../../load/record.ts';
import { inForceAt, sentAt } from './in-force.ts';
import { type Level, levelsWithin, shareAt } from './levels.ts';
import { shareError } from './share-error.ts';

/** A part of a release under traffic, and whose share it changes. */
export interface Transition {
  readonly name: string;
  /** The version whose share is measured. */
  readonly version: string;
  /** What begins it: an act, or the write of a weight; and its end. Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Whether a request may fail at this moment: the transition itself takes away what answers. */
  readonly mayFail?: (at: number) => boolean;
  /** A version whose own errors are no loss. */
  readonly faulty?: string;
  /** Copies of requests that were counted meanwhile. */
  readonly copies?: Copies;
}

/** How many copies of requests the version counted in a time. */
export interface Copies {
  /** Percent of the requests of which it should get one. */
  readonly percent: number;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly counted: number;
}

/** What a transition came to. */
export interface Figures {
  readonly requests: number;
  /** Answers outside of 2xx, and requests without an answer. */
  readonly failed: number;
  /** Those of them without an answer. */
  readonly resets: number;
  /** Answers of a version that had no share for longer than proxies may take to learn so. */
  readonly wrongVersion: number;
  /** Spans of time in which the share was compared with its binomial interval. */
  readonly windows: number;
  /** The most percentage points by which the share of a window lay outside of its interval. */
  readonly shareError: number;
  /** From the beginning until the answers show the last change of the share; null if the share did not change. */
  readonly secondsInForce: number | null;
}

/** What is known of a release under traffic. */
export interface Evidence {
  readonly records: readonly LoadRecord[];
  readonly levels: readonly Level[];
  /** Proxies must have learned of a change by then, milliseconds. */
  readonly spreadMs: number;
}

const WINDOW_MS = 1_000;

/** A failed request; a faulty version's own answers are none. */
const isFailure = ({ status, error, version }: LoadRecord, faulty?: string): boolean =>
  (error !== null || status < 200 || status >= 300) && (version === '' || version !== faulty);

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Requests of a transition, those that the load generator did not send left out. */
export function requestsOf({ records }: Pick<Evidence, 'records'>, { from, to }: Transition): LoadRecord[] {
  return records.filter(({ at, error }) => at >= from && at < to && error !== NOT_SENT);
}

/** Failed requests for which the transition is no excuse. */
export function lostIn(evidence: Evidence, transition: Transition): LoadRecord[] {
  return requestsOf(evidence, transition).filter(
    (record) => isFailure(record, transition.faulty) && transition.mayFail?.(record.at) !== true,
  );
}

/** Answers of a version that none of the levels gives anything, from `spreadMs` before they were sent until they came. */
export function wrongAnswers(
  { levels, spreadMs, ...evidence }: Evidence,
  transition: Transition,
): LoadRecord[] {
  return requestsOf(evidence, transition).filter((record) => {
    if (record.version === '') return false;
    const sent = sentAt(record);
    const possible = levelsWithin(levels, sent - spreadMs, sent + record.latencyMs);
    return possible.every((level) => shareAt(level, record.version).percent === 0);
  });
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly percent: number;
}

/** Each second with a constant split by weight, and each whole span of those seconds. */
function windowsOf({ levels, spreadMs }: Evidence, { version, from, to }: Transition): Window[] {
  return levelsWithin(levels, from, to).flatMap((level) => {
    const { percent, by } = shareAt(level, version);
    if (by !== 'weight' || percent === 0 || percent === 100) return [];
    const begin = Math.max(from, level.at + spreadMs);
    const end = Math.min(to, levels[levels.indexOf(level) + 1]?.at ?? to);
    const count = Math.floor((end - begin) / WINDOW_MS);
    const seconds = Array.from({ length: Math.max(0, count) }, (_, index) => ({
      from: begin + index * WINDOW_MS,
      to: begin + (index + 1) * WINDOW_MS,
      percent,
    }));
    return count < 2 ? seconds : [...seconds, { from: begin, to: end, percent }];
  });
}

function errorIn({ records }: Evidence, version: string, { from, to, percent }: Window): number {
  const answered = records.filter(
    (record) => record.version !== '' && sentAt(record) >= from && sentAt(record) < to,
  );
  const hits = answered.filter((record) => record.version === version).length;
  return shareError(answered.length, hits, percent);
}

function secondsInForce({ records, levels }: Evidence, transition: Transition): number | null {
  const { version, from, to } = transition;
  const percent = (level: Level | undefined): number => shareAt(level, version).percent;
  const moves = levels
    .map((level, index) => ({ at: level.at, before: percent(levels[index - 1]), after: percent(level) }))
    .filter(({ at, before, after }) => at >= from && at < to && before !== after);
  const last = moves.at(-1);
  if (last === undefined) return null;
  const until = records.filter((record) => sentAt(record) < to);
  return Math.max(0, inForceAt(until, { version, ...last }) - from) / 1_000;
}

/** Measures a transition from the outside: by what was answered, and by the objects as they were written. */
export function figuresOf(evidence: Evidence, transition: Transition): Figures {
  const requests = requestsOf(evidence, transition);
  const windows = windowsOf(evidence, transition);
  const seconds = secondsInForce(evidence, transition);
  const errors = windows.map((window) => errorIn(evidence, transition.version, window));
  return {
    requests: requests.length,
    failed: requests.filter((record) => isFailure(record, transition.faulty)).length,
    resets: requests.filter(({ error }) => error !== null).length,
    wrongVersion: wrongAnswers(evidence, transition).length,
    windows: windows.length,
    shareError: tenth(Math.max(0, ...errors)),
    secondsInForce: seconds === null ? null : Math.round(seconds * 100) / 100,
  };
}

/** What several callers saw of one transition, and whether copies were as many as they should be. */
export function combined(
  { copies }: Pick<Transition, 'copies'>,
  parts: readonly { readonly figures: Figures; readonly evidence: Pick<Evidence, 'records'> }[],
): Figures {
  const figures = parts.map((part) => part.figures);
  const sum = (key: 'requests' | 'failed' | 'resets' | 'wrongVersion' | 'windows'): number =>
    figures.reduce((total, one) => total + one[key], 0);
  const seconds = figures.flatMap(({ secondsInForce: one }) => one ?? []);
  const copied = parts
    .flatMap(({ evidence }) => evidence.records)
    .filter(
      (record) =>
        copies !== undefined &&
        record.error !== NOT_SENT &&
        sentAt(record) >= copies.from &&
        sentAt(record) < copies.to,
    );
  const copyError = copies === undefined ? 0 : shareError(copied.length, copies.counted, copies.percent);
  return {
    requests: sum('requests'),
    failed: sum('failed'),
    resets: sum('resets'),
    wrongVersion: sum('wrongVersion'),
    windows: sum('windows') + (copies === undefined ? 0 : 1),
    shareError: Math.max(tenth(copyError), ...figures.map((one) => one.shareError)),
    secondsInForce: seconds.length === 0 ? null : Math.max(...seconds),
  };
}
