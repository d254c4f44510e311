import type { Release } from '../../api/release/release.ts';
import type { Span } from '../../ports/past.ts';
import { spansOf } from '../../replay/period.ts';

/** Length of a window. Shorter ones show no more: requests of half a minute are tested as one. */
const WINDOW_MS = 30_000;
/** How far back is looked, in how many stretches, and how long each is at most. */
const [PAST_MS, STRETCHES, STRETCH_MS] = [7 * 24 * 3_600_000, 6, 2 * 3_600_000];
/** Values of a series for all pods that one answer has at most, and the fewest windows that a stretch has for that. */
const [MOST_VALUES, LEAST_WINDOWS] = [16_000, 40];
/** Promotions that are examined, in which pods start beside older ones, and for how long. */
const [PROMOTIONS, PROMOTION_MS] = [2, 30 * 60_000];

/** The past that is asked, in days. */
export const PAST_DAYS = PAST_MS / (24 * 3_600_000);

function promotionAt({ status }: Release): number[] {
  const began = status?.trail?.find(({ phase }) => phase.startsWith('Promoting'));
  return status?.phase !== 'Promoted' || began === undefined ? [] : [Date.parse(began.at)];
}

/**
 * The stretches of the past to ask about, which are few: a query for each of them and each series. Some are spread over
 * a week, so that day and night are among them; others are the newest promotions.
 */
export function learningSpans(replicas: number, releases: readonly Release[], now: number): Span[] {
  const windows = Math.max(LEAST_WINDOWS, Math.floor(MOST_VALUES / Math.max(1, replicas)));
  const forMs = Math.min(STRETCH_MS, windows * WINDOW_MS);
  const toMs = now - WINDOW_MS;
  const spread = spansOf({ fromMs: toMs - PAST_MS, toMs, stepMs: WINDOW_MS, forMs, most: STRETCHES });
  const promotions = releases
    .flatMap(promotionAt)
    .filter((at) => at > toMs - PAST_MS && at + PROMOTION_MS < toMs)
    .toSorted((a, b) => a - b)
    .slice(-PROMOTIONS);
  const count = Math.min(forMs, PROMOTION_MS) / WINDOW_MS + 1;
  return [...spread, ...promotions.map((at) => ({ startMs: at - WINDOW_MS, stepMs: WINDOW_MS, count }))];
}
