import { countOf } from '../../analysis/verdict/number-text.ts';
import type { AnalysisView } from '../../view/analysis-view.ts';
import { since } from '../../view/duration-text.ts';
import type { ReleaseView } from '../../view/release-view.ts';
import { type Canvas, pad, wrap } from './paint.ts';
import { VERDICTS } from './verdict-mark.ts';

/** The verdict of every metric with its numbers, one paragraph each. */
function metricLines({ metrics }: ReleaseView, { width, paint }: Canvas): string[] {
  const column = Math.max(0, ...metrics.map(({ name }) => name.length)) + 2;
  return metrics.flatMap(({ name, verdict, message, isDryRun }) => {
    const { mark, tone } = VERDICTS[verdict];
    const text = isDryRun ? `${message} (dryRun: does not count)` : message;
    const [first = '', ...rest] = wrap(text, width - column - 4);
    const indent = ' '.repeat(column + 4);
    return [`  ${paint(tone, mark)} ${pad(name, column)}${first}`, ...rest.map((line) => indent + line)];
  });
}

/** A note that the pods of both versions have different loads, which the figures above do not show. */
function loadLines({ load }: AnalysisView, canvas: Canvas): string[] {
  if (load?.isUneven !== true) return [];
  return wrap(load.text, canvas.width - 4).map(
    (line, at) => `  ${at === 0 ? canvas.paint('doubt', '!') : ' '} ${line}`,
  );
}

/** A note that the figures above are old. */
function silentLines({ silent }: AnalysisView, { width, paint, now }: Canvas): string[] {
  if (silent === undefined) return [];
  const { metrics, until } = silent;
  const time = until === undefined ? 'for longer than its windows are kept' : `for ${since(until, now)}`;
  const text = `the source of ${metrics.join(', ')} has not answered ${time}: the counts are from before`;
  return wrap(text, width - 4).map((line, at) => `  ${at === 0 ? paint('doubt', '!') : ' '} ${line}`);
}

function headText({ verdict, windows, of, withoutData }: AnalysisView, { paint }: Canvas): string {
  if (verdict === null) return 'none yet at this step';
  const empty = withoutData > 0 ? `, ${withoutData} of them without data` : '';
  return `${paint(VERDICTS[verdict].tone, verdict)} after ${countOf(windows, 'window')} at ${of}${empty}`;
}

/** The verdict, and those of the metrics; nothing before the first window. */
export function verdictLines(view: ReleaseView, canvas: Canvas, label: number): string[] {
  const { analysis, metrics } = view;
  if (metrics.length === 0) return [];
  const head = `${canvas.paint('faint', pad('Verdict', label))}${headText(analysis, canvas)}`;
  return [
    '',
    head,
    ...metricLines(view, canvas),
    ...silentLines(analysis, canvas),
    ...loadLines(analysis, canvas),
  ];
}
