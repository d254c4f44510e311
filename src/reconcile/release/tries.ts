import type { KubeObject } from '../../api/meta.ts';
import { type ErrorCode, SluiceError } from '../../errors.ts';
import type { Part, Refusals } from '../../release/observed.ts';

/** How soon a refused write is retried while traffic is at risk. */
const AT_STAKE_MS = 1_000;
/** How soon otherwise: the pause doubles each time. */
const [FIRST_MS, LONGEST_MS] = [2_000, 30_000];
/** A possibly temporary failure is reported after this many in a row. */
const IN_A_ROW = 2;

/** Errors that say nothing about the object: somebody else was faster, or leads. */
const PASSING: readonly ErrorCode[] = ['KUBERNETES_CONFLICT', 'NOT_LEADER'];

/** A failed write. */
export interface Failure {
  readonly part: Part;
  readonly goal: string;
  readonly error: unknown;
  readonly now: number;
  readonly atStake: boolean;
}

interface Try {
  readonly goal: string;
  readonly why: string;
  readonly failures: number;
  readonly isReported: boolean;
  readonly dueAt: number;
}

/** The refused writes of each Release, and when they are due again. */
export interface Tries {
  /** The refused writes to report. */
  of(release: KubeObject): Refusals;
  /** When the part may be tried; a new goal at once. Epoch milliseconds. */
  dueAt(release: KubeObject, part: Part, goal: string): number;
  accepted(release: KubeObject, part: Part): void;
  /**
   * Records a failure. Returns when to run again, at once if there is something to report; null if the error says
   * nothing about the object, or may be temporary, so that the queue retries.
   */
  failed(release: KubeObject, failure: Failure): number | null;
  /** Forgets a Release that has ended. */
  forget(release: KubeObject): void;
}

/** Answers that stay the same until somebody changes something. */
function isRefusal({ code, retry }: SluiceError): boolean {
  return retry === 'terminal' || code === 'KUBERNETES_REFUSED';
}

const withoutNumbers = (text: string): string => text.replaceAll(/\d+/g, '#');

/** Times and numbers in an answer change with each try; a text that differs only in them counts as the same. */
function sameWords(before: string | undefined, now: string): string {
  return before !== undefined && withoutNumbers(before) === withoutNumbers(now) ? before : now;
}

function nextTry(before: Try | undefined, { goal, now, atStake }: Failure, error: SluiceError): Try {
  const known = before?.goal === goal ? before : undefined;
  const failures = (known?.failures ?? 0) + 1;
  const pause = atStake ? AT_STAKE_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  const isReported = isRefusal(error) || failures >= IN_A_ROW;
  return {
    goal,
    why: sameWords(known?.why, error.message),
    failures,
    isReported,
    dueAt: isReported ? now + pause : now,
  };
}

/** Creates an empty memory: one per process. */
export function createTries(): Tries {
  const known = new Map<string, Map<Part, Try>>();
  const partsOf = ({ metadata: { uid = '' } }: KubeObject): Map<Part, Try> => {
    const parts = known.get(uid) ?? new Map<Part, Try>();
    known.set(uid, parts);
    return parts;
  };
  const find = ({ metadata: { uid = '' } }: KubeObject, part: Part): Try | undefined =>
    known.get(uid)?.get(part);
  return {
    of: ({ metadata: { uid = '' } }) =>
      Object.fromEntries(
        [...(known.get(uid) ?? [])].flatMap(([part, { goal, why, isReported }]) =>
          isReported ? [[part, { goal, why }]] : [],
        ),
      ),
    dueAt: (release, part, goal) => {
      const one = find(release, part);
      return one?.goal === goal ? one.dueAt : 0;
    },
    accepted: (release, part) => {
      const { uid = '' } = release.metadata;
      if (known.get(uid)?.delete(part) === true && known.get(uid)?.size === 0) known.delete(uid);
    },
    failed: (release, failure) => {
      const { error, part, now } = failure;
      if (!(error instanceof SluiceError) || PASSING.includes(error.code)) return null;
      const before = find(release, part);
      const next = nextTry(before, failure, error);
      partsOf(release).set(part, next);
      if (!next.isReported) return null;
      const isNews = before?.isReported !== true || before.goal !== next.goal;
      return isNews ? now : next.dueAt;
    },
    forget: ({ metadata: { uid = '' } }) => void known.delete(uid),
  };
}
