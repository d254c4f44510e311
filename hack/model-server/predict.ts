import type { Behaviour, Manner } from './behaviour.ts';
import { drawMs } from './latency.ts';
import { type Random, streamOf } from './random.ts';

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

/** What request number `index` gets from a model that loaded `ageSeconds` ago: the same whenever it is asked. */
export function answerOf(behaviour: Behaviour, index: number, ageSeconds: number): Answer {
  const random = streamOf(behaviour.seed, index);
  const { latency, errorShare } = mannerAt(behaviour, ageSeconds);
  const latencyMs = drawMs(latency, random) * coldFactor(behaviour.slowStartSeconds, ageSeconds);
  if (random() < errorShare) return { latencyMs, outcome: { status: 500 } };
  const name = classOf(behaviour, random);
  return { latencyMs, outcome: { status: 200, class: name, score: Math.round(random() * 1e4) / 1e4 } };
}
