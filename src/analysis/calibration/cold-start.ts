import type { Tally } from '../evidence/tally.ts';
import { constantPods, type Stretch, total } from './stretch.ts';

/** Windows after its start in which a pod may be cold. */
const MOST_WINDOWS = 20;
/** Standard deviations beyond older pods that are no chance. */
const BEYOND = 3;
/** Windows in a row that are not beyond them, after which a pod is taken for warm. */
const WARM_FOR = 2;

/** Young pods at one age, and what as many requests of older pods would have had at the same times. */
interface AtAge {
  bad: number;
  expected: number;
  variance: number;
}

/** The window in which a pod began; null if it was there before the stretch. */
function begunAt(windows: readonly (Tally | null)[]): number | null {
  const first = windows.findIndex((one) => one !== null);
  return first <= 0 ? null : first;
}

function addPod(
  ages: AtAge[],
  windows: readonly (Tally | null)[],
  begun: number,
  old: readonly Tally[],
  cv2: number,
): void {
  for (const [age, sum] of ages.entries()) {
    const [young, others] = [windows[begun + age] ?? null, old[begun + age]];
    if (young === null || others === undefined || others.events === 0) continue;
    // Half an event more, so that older pods without any give no certainty.
    const likely = (others.bad + 0.5) / (others.events + 1);
    const expected = young.events * likely;
    sum.bad += young.bad;
    sum.expected += expected;
    sum.variance += expected * (1 + young.events / (others.events + 1)) + expected ** 2 * cv2;
  }
}

function warmAfter(ages: readonly AtAge[]): number {
  let [cold, warm] = [0, 0];
  for (const [age, { bad, expected, variance }] of ages.entries()) {
    if (variance > 0 && bad - expected > BEYOND * Math.sqrt(variance)) [cold, warm] = [age + 1, 0];
    else warm++;
    if (warm >= WARM_FOR) break;
  }
  return cold;
}

/**
 * How long pods took after their start until their rate was that of older pods at the same time, in seconds; null if no
 * pod of the stretches started beside older ones. `cv2` is how much rates vary by themselves.
 */
export function coldStartOf(stretches: readonly Stretch[], cv2: number): number | null {
  const ages = Array.from({ length: MOST_WINDOWS }, (): AtAge => ({ bad: 0, expected: 0, variance: 0 }));
  let seconds: number | null = null;
  for (const stretch of stretches) {
    const old = constantPods(stretch);
    if (old.length === 0) continue;
    const others = (old[0]?.windows ?? []).map((_, at) =>
      total(old.map(({ windows }) => windows[at] ?? null)),
    );
    for (const { windows } of stretch.pods) {
      const begun = begunAt(windows);
      if (begun === null || begun + WARM_FOR > windows.length) continue;
      addPod(ages, windows, begun, others, cv2);
      seconds = stretch.seconds;
    }
  }
  return seconds === null ? null : warmAfter(ages) * seconds;
}
