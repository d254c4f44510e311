import type { ReleaseView } from '../../../view/release-view.ts';
import type { MetricCourse } from '../../api/release.ts';
import { MetricPlot } from './metric-plot.tsx';

/** Each metric: its verdict, the sentence of the decision, and its course with the confidence band. */
export function Metrics({
  view,
  courses,
}: {
  readonly view: ReleaseView;
  readonly courses: readonly MetricCourse[];
}) {
  if (view.metrics.length === 0) return null;
  return (
    <section>
      <h2>Metrics</h2>
      {view.metrics.map(({ name, verdict, message, rule, canary, stable }) => {
        const tracks = courses.find((course) => course.name === name)?.tracks ?? [];
        return (
          <article key={name} class="metric">
            <h3>
              {name} <span class={`verdict ${verdict}`}>{verdict}</span>
            </h3>
            <p>{message}</p>
            <p class="faint">
              {rule}; canary {canary.bad} bad of {canary.events}, stable {stable.bad} of {stable.events}
            </p>
            {tracks.map((track) => (
              <MetricPlot key={track.against} name={name} track={track} />
            ))}
          </article>
        );
      })}
    </section>
  );
}
