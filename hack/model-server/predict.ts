import type { Behaviour, Manner } from './behaviour.ts';
import { drawMs } from './latency.ts';
import { hashText, type Random, streamOf } from './random.ts';
import { failingShare } from './trouble.ts';

/** What the n-th request gets, and after how long. */
export interface Answer {
  readonly latencyMs: number;
  readonly outcome:
    | { readonly status: 200; readonly class: string; readonly score: number }
    | { readonly status: 500 };
}

/** How many times slower a cold model answers at first. */
const COLD_FACTOR = 3;

function mannerAt({ failing, healthy }: Behaviour, ageSeconds: number): Manner {
  return failing !== null && ageSeconds >= failing.afterSeconds ? failing.manner : healthy;
}

function coldFactor(slowStartSeconds: number, ageSeconds: number): number {
  if (ageSeconds >= slowStartSeconds) return 1;
  return COLD_FACTOR - (COLD_FACTOR - 1) * (ageSeconds / slowStartSeconds);
}

function classOf({ classes }: Behaviour, random: Random): string {
  let rest = random();
  for (const { name, share } of classes) {
    if (rest < share) return name;
    rest -= share;
  }
  return classes.at(-1)?.name ?? '';
}

type Prediction = Pick<Extract<Answer['outcome'], { status: 200 }>, 'class' | 'score'>;

const rounded = (score: number): number => Math.round(score * 1e4) / 1e4;

function drawn(behaviour: Behaviour, random: Random): Prediction {
  return { class: classOf(behaviour, random), score: rounded(random()) };
}

/** What the model makes of an input: the same on every pod and in every version, where none is wrong about it. */
function predictionOf(behaviour: Behaviour, input: string): Prediction {
  const { modelSeed, wrongShare, scoreShift, classes } = behaviour;
  const random = streamOf(modelSeed, hashText(input));
  const right = drawn(behaviour, random);
  const others = classes.filter(({ name }) => name !== right.class);
  const isWrong = random() < wrongShare;
  return {
    class: isWrong ? (others[0]?.name ?? 'unknown') : right.class,
    score: rounded(Math.min(1, right.score + scoreShift)),
  };
}

/**
 * What request number `index` gets from a model that loaded `ageSeconds` ago: the same whenever it is asked, if nothing
 * troubles it at that time. With an `input` the prediction is that of the input.
 */
export function answerOf(
  behaviour: Behaviour,
  index: number,
  ageSeconds: number,
  input = '',
  epochSeconds = 0,
): Answer {
  const random = streamOf(behaviour.seed, index);
  const { latency, errorShare: steady } = mannerAt(behaviour, ageSeconds);
  const errorShare = failingShare(behaviour.trouble, steady, { ageSeconds, epochSeconds });
  const latencyMs = drawMs(latency, random) * coldFactor(behaviour.slowStartSeconds, ageSeconds);
  if (random() < errorShare) return { latencyMs, outcome: { status: 500 } };
  const prediction = input === '' ? drawn(behaviour, random) : predictionOf(behaviour, input);
  return { latencyMs, outcome: { status: 200, ...prediction } };
}
