import type { Learnt } from '../../api/rollout/learnt.ts';
import type { Lesson } from './ask-past.ts';

/** Learns from the past of workloads, one after the other. */
export interface Learner {
  /**
   * What was learnt for a key, once; begins where nothing is under way. Waits for nothing: when its turn comes the lesson
   * is made, and the key is woken when the answer is there. Without a lesson it is forgotten.
   */
  look(key: string, lesson: () => Lesson | null): Learnt | undefined;
}

/** Dependencies of learning. `ask` does not reject. */
export interface LearnerDeps {
  readonly ask: (lesson: Lesson) => Promise<Learnt>;
  readonly wake: (key: string) => void;
}

/** Maximum number of keys that are remembered; what is forgotten is asked again. */
const MOST = 10_000;

/** Creates a learner. Workloads take turns, so that a thousand of them ask no more at a time than one. */
export function createLearner({ ask, wake }: LearnerDeps): Learner {
  const answers = new Map<string, Learnt | null>();
  let turn = Promise.resolve();

  const learn = async (key: string, lesson: () => Lesson | null): Promise<void> => {
    const wanted = lesson();
    if (wanted === null) {
      answers.delete(key);
      return;
    }
    answers.set(key, await ask(wanted));
    wake(key);
  };

  return {
    look: (key, lesson) => {
      const answer = answers.get(key);
      if (answer === undefined) {
        if (answers.size >= MOST) return undefined;
        answers.set(key, null);
        turn = turn
          .then(() => learn(key, lesson))
          .catch(() => {
            answers.delete(key);
          });
        return undefined;
      }
      if (answer === null) return undefined;
      answers.delete(key);
      return answer;
    },
  };
}
