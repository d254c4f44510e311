import {
  type ArmCounts,
  type MetricState,
  MOST_WINDOWS,
  type WindowRecord,
} from '../../api/release/analysis-state.ts';
import { short } from './e-process.ts';

/** Maximum length of a kept sentence. */
const MOST_TEXT = 320;

function rounded({ events, bad, over, quantile }: ArmCounts): ArmCounts {
  return {
    events: short(events),
    bad: short(bad),
    ...(over === undefined ? {} : { over: short(over) }),
    ...(quantile === undefined ? {} : { quantile: Number(quantile.toPrecision(4)) }),
  };
}

/** The state of a metric with the window just judged added to its history, in bounded size. */
export function remember(
  state: MetricState,
  { endMs, step }: { readonly endMs: number; readonly step: number },
): MetricState {
  const before = state.history ?? [];
  const last = before.at(-1);
  const told = last?.verdict === state.verdict && last.step === step;
  const record: WindowRecord = {
    at: new Date(endMs).toISOString(),
    step,
    verdict: state.verdict,
    ...(told ? {} : { message: state.message.slice(0, MOST_TEXT) }),
    canary: rounded(state.canary),
    stable: rounded(state.stable),
  };
  return { ...state, history: [...before, record].slice(-MOST_WINDOWS) };
}
