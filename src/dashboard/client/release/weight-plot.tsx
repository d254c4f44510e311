import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import type { PassageView } from '../../api/release.ts';
import { axesOf, Plot } from '../parts/plot.tsx';

/** The weight of the canary at each time of the trail, and now. */
function weightsOver(trail: readonly PassageView[], now: number): [number[], number[]] {
  const known = trail.flatMap(({ at, weight }) =>
    weight === undefined ? [] : [{ at: Date.parse(at) / 1_000, weight }],
  );
  const last = known.at(-1);
  if (last === undefined) return [[], []];
  const all = [...known, { at: Math.max(last.at, now / 1_000), weight: last.weight }];
  return [all.map(({ at }) => at), all.map(({ weight }) => weight)];
}

function optionsFor(colours: (name: string) => string): Omit<uPlot.Options, 'width' | 'height'> {
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: [0, 100] } },
    axes: axesOf(colours, ' %'),
    series: [
      {},
      {
        stroke: colours('canary'),
        fill: colours('band'),
        width: 2,
        ...(paths === undefined ? {} : { paths }),
      },
    ],
  };
}

interface WeightPlotProps {
  readonly trail: readonly PassageView[];
  /** When the release ended, or the page was made. */
  readonly until: string;
}

/** Percent of the traffic of the canary over the release. */
export function WeightPlot({ trail, until }: WeightPlotProps) {
  const data = useMemo(() => weightsOver(trail, Date.parse(until)), [trail, until]);
  return (
    <section class="card">
      <h2>Traffic of the canary</h2>
      <Plot
        class="low"
        height={120}
        data={data}
        optionsFor={optionsFor}
        label={`weight of the canary over time: ${data[1].join(' %, ')} %`}
      />
    </section>
  );
}
