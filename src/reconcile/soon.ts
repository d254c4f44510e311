/** Remembers, for as long as its object is in memory, the question that is asked about it. */
export interface Soon<T> {
  /**
   * The answer, if it has come or comes within `budgetMs`; else null, and the question stays asked, so that the next
   * call with the same key finds it. An answer is given once, and so is a rejection: the next call asks again. Another
   * key asks again too.
   */
  ask(about: object, key: string, start: () => Promise<T>, budgetMs: number): Promise<T | null>;
}

/** Makes one. `after` resolves after so many milliseconds. */
export function createSoon<T>(after: (ms: number) => Promise<void>): Soon<T> {
  const asked = new WeakMap<object, { readonly key: string; readonly answer: Promise<T> }>();
  return {
    ask: async (about, key, start, budgetMs) => {
      const before = asked.get(about);
      const question = before?.key === key ? before : { key, answer: start() };
      asked.set(about, question);
      const forget = (): void => {
        if (asked.get(about) === question) asked.delete(about);
      };
      try {
        const answer = await Promise.race([question.answer, after(budgetMs).then(() => null)]);
        if (answer !== null) forget();
        return answer;
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
