import type { AnalysisView, MetricView } from '../../../view/analysis-view.ts';
import type { MetricCourse, ReleasePage } from '../../api/release.ts';
import { Ago } from '../parts/time.tsx';
import { MetricPlot } from './metric-plot.tsx';
import { Windows } from './windows.tsx';

function headText({ verdict, windows, withoutData, of }: AnalysisView): string {
  if (verdict === null) return 'none yet at this step';
  const empty = withoutData > 0 ? `, ${withoutData} of them without data` : '';
  return `after ${windows} ${windows === 1 ? 'window' : 'windows'} at ${of}${empty}`;
}

function Metric({
  metric,
  course,
  steps,
}: {
  readonly metric: MetricView;
  readonly course: MetricCourse | undefined;
  readonly steps: readonly string[];
}) {
  const { name, verdict, message, rule, isDryRun, canary, stable } = metric;
  return (
    <article class="metric">
      <h3>
        {name} <span class={`verdict ${verdict}`}>{verdict}</span>
        {isDryRun && <span class="faint"> does not count (dryRun)</span>}
      </h3>
      <p>{message}</p>
      <p class="faint number">
        {rule}; this step: canary {canary.bad} bad of {canary.events}, stable {stable.bad} of {stable.events}
      </p>
      {course?.tracks.map((track) => (
        <MetricPlot key={track.against} name={name} track={track} />
      ))}
      {course !== undefined && <Windows course={course} steps={steps} />}
    </article>
  );
}

/** How old the figures are. A source that does not answer makes windows without counts. */
function Age({ page, now }: { readonly page: ReleasePage; readonly now: number }) {
  const { silent } = page.view.analysis;
  const newest = page.courses
    .flatMap(({ windows }) => windows.at(-1)?.at ?? [])
    .toSorted()
    .at(-1);
  if (silent !== undefined)
    return (
      <p class="tone-doubt" role="status">
        The source of {silent.metrics.join(', ')} has not answered{' '}
        {silent.until === undefined ? (
          'for longer than its windows are kept'
        ) : (
          <>
            for <Ago at={silent.until} now={now} />
          </>
        )}
        : the counts are from before.
      </p>
    );
  if (newest === undefined) return null;
  return (
    <p class="faint">
      The newest window ended <Ago at={newest} now={now} /> ago.
    </p>
  );
}

/** Each metric: its verdict, the sentence of the decision, its course with the confidence band, and its windows. */
export function Metrics({ page, now }: { readonly page: ReleasePage; readonly now: number }) {
  const { view, courses } = page;
  const { analysis, metrics } = view;
  if (metrics.length === 0) return null;
  const steps = view.steps.map(({ name }) => name);
  return (
    <section class="card">
      <h2>
        Verdict{' '}
        {analysis.verdict !== null && <span class={`verdict ${analysis.verdict}`}>{analysis.verdict}</span>}{' '}
        <span class="faint">{headText(analysis)}</span>
      </h2>
      <Age page={page} now={now} />
      {analysis.basis !== undefined && <p>{analysis.basis}</p>}
      {analysis.load?.isUneven === true && <p class="tone-doubt">{analysis.load.text}</p>}
      {metrics.map((metric) => (
        <Metric
          key={metric.name}
          metric={metric}
          course={courses.find(({ name }) => name === metric.name)}
          steps={steps}
        />
      ))}
    </section>
  );
}
