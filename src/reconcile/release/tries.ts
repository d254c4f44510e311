import type { KubeObject } from '../../api/meta.ts';
import { type ErrorCode, SluiceError } from '../../errors.ts';
import type { Part, Refusals } from '../../release/observed.ts';

/** How soon a refused write is tried again while traffic is at stake. */
const AT_STAKE_MS = 1_000;
/** How soon else: twice as late each time. */
const [FIRST_MS, LONGEST_MS] = [2_000, 30_000];
/** A failure that may be a matter of a moment is told when it has happened so often in a row. */
const IN_A_ROW = 2;

/** What does not tell of the object: somebody else was faster, or leads. */
const PASSING: readonly ErrorCode[] = ['KUBERNETES_CONFLICT', 'NOT_LEADER'];

/** A write that failed. */
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
  readonly isTold: boolean;
  readonly dueAt: number;
}

/** The writes of each Release that the API server did not take, and when they are due again. */
export interface Tries {
  /** What is to be told of them. */
  of(release: KubeObject): Refusals;
  /** When the part may be tried; a new goal may at once. Epoch milliseconds. */
  dueAt(release: KubeObject, part: Part, goal: string): number;
  accepted(release: KubeObject, part: Part): void;
  /**
   * Notes a failure. Answers when to come back, which is at once where there is news to be told; null where the error says
   * nothing of the object, or may pass, and is the queue's to try again.
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

/** Times and counts in an answer change with each try; a text that differs in nothing else is the same. */
function sameWords(before: string | undefined, now: string): string {
  return before !== undefined && withoutNumbers(before) === withoutNumbers(now) ? before : now;
}

function nextTry(before: Try | undefined, { goal, now, atStake }: Failure, error: SluiceError): Try {
  const known = before?.goal === goal ? before : undefined;
  const failures = (known?.failures ?? 0) + 1;
  const pause = atStake ? AT_STAKE_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  const isTold = isRefusal(error) || failures >= IN_A_ROW;
  return {
    goal,
    why: sameWords(known?.why, error.message),
    failures,
    isTold,
    dueAt: isTold ? now + pause : now,
  };
}

/** Makes an empty memory of them: one for each process. */
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
        [...(known.get(uid) ?? [])].flatMap(([part, { goal, why, isTold }]) =>
          isTold ? [[part, { goal, why }]] : [],
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
      if (!next.isTold) return null;
      const isNews = before?.isTold !== true || before.goal !== next.goal;
      return isNews ? now : next.dueAt;
    },
    forget: ({ metadata: { uid = '' } }) => void known.delete(uid),
  };
}
