import type { Verdict } from '../../api/release/analysis-state.ts';
import type { Tone } from '../../view/tone.ts';

/** A verdict as a mark of one column, and its tone. */
export const VERDICTS: Readonly<Record<Verdict, { readonly mark: string; readonly tone: Tone }>> = {
  pass: { mark: '✓', tone: 'good' },
  fail: { mark: '✗', tone: 'bad' },
  inconclusive: { mark: '·', tone: 'doubt' },
  noData: { mark: '?', tone: 'doubt' },
  providerError: { mark: '!', tone: 'doubt' },
};
