import type { KubeObject } from '../api/meta.ts';

/** Remembers the pending question about an object, until it is answered. */
export interface PendingAnswers<T> {
  /**
   * The answer, if it has come or comes within `budgetMs`; else null, and the question stays pending, so that the next
   * call with the same key finds it. An answer or a rejection is returned once: the next call asks again. So does
   * another key, or another version of the object. The signal is aborted if a question is replaced or nobody comes back
   * for it.
   */
  ask(
    about: KubeObject,
    key: string,
    start: (signal: AbortSignal) => Promise<T>,
    budgetMs: number,
  ): Promise<T | null>;
}

interface Question<T> {
  readonly about: KubeObject;
  readonly key: string;
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  /** Number of calls so far. */
  asks: number;
}

/** A question without a call within this time is dropped. */
const DROP_MS = 30_000;

const idOf = ({ metadata }: KubeObject): string => metadata.uid ?? `${metadata.namespace}/${metadata.name}`;

/** Creates one. `after` resolves after the given milliseconds. */
export function createPendingAnswers<T>(after: (ms: number) => Promise<void>): PendingAnswers<T> {
  const asked = new Map<string, Question<T>>();

  const dropWhenLeft = async (id: string, question: Question<T>): Promise<void> => {
    for (let asks = 0; asked.get(id) === question && asks !== question.asks; ) {
      asks = question.asks;
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      await after(DROP_MS);
    }
    if (asked.get(id) === question) asked.delete(id);
    question.stop.abort(new Error('nobody waits for the answer any more'));
  };
  const begin = (about: KubeObject, key: string, start: (signal: AbortSignal) => Promise<T>): Question<T> => {
    const id = idOf(about);
    const before = asked.get(id);
    const stop = new AbortController();
    const question = { about, key, stop, answer: start(stop.signal), asks: 0 };
    asked.set(id, question);
    // Started before the other one ends, so that shared reads happen once.
    before?.stop.abort(new Error('another question has been asked'));
    return question;
  };

  return {
    ask: async (about, key, start, budgetMs) => {
      const id = idOf(about);
      const before = asked.get(id);
      const isAsked = before?.about === about && before.key === key;
      const question = isAsked ? before : begin(about, key, start);
      question.asks += 1;
      const forget = (): void => {
        if (asked.get(id) === question) asked.delete(id);
      };
      try {
        const answer = await Promise.race([question.answer, after(budgetMs).then(() => null)]);
        if (answer !== null) forget();
        else if (!isAsked) void dropWhenLeft(id, question);
        return answer;
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
