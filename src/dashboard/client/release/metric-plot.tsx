import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { MetricCourse } from '../../api/release.ts';
import { axesOf, Plot } from '../parts/plot.tsx';

type Track = MetricCourse['tracks'][number];

function dataOf({ points }: Track): uPlot.AlignedData {
  return [
    points.map(({ at }) => Date.parse(at) / 1_000),
    points.map(({ high }) => high * 100),
    points.map(({ low }) => low * 100),
    points.map(({ canary }) => canary * 100),
    points.map(({ stable }) => (stable === null ? null : stable * 100)),
    points.map(({ limit }) => limit * 100),
  ];
}

function optionsFor(colours: (name: string) => string): Omit<uPlot.Options, 'width' | 'height'> {
  const band = colours('band');
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: { min: { pad: 0, hard: 0, mode: 1 }, max: { pad: 0.1, mode: 0 } } } },
    axes: axesOf(colours, ' %'),
    series: [
      {},
      { stroke: band, width: 0, points: { show: false } },
      { stroke: band, width: 0, points: { show: false } },
      { stroke: colours('canary'), width: 2 },
      { stroke: colours('stable'), width: 2 },
      { stroke: colours('limit'), width: 1, dash: [4, 4], points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: band }],
  };
}

/** A share as the command line writes it: `0.42 %`, `5.1 %`, `31 %`. */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${Number(percent.toFixed(percent < 1 ? 2 : percent < 10 ? 1 : 0))} %`;
}

const AGAINST: Readonly<Record<Track['against'], string>> = {
  stable: 'Bad requests, against stable',
  bound: 'Requests over the bound',
  'stable and bound': 'Bad requests, against stable and the bound',
};

/** Canary (with its confidence band) against stable and the greatest allowed rate, over the windows that are kept. */
export function MetricPlot({ name, track }: { readonly name: string; readonly track: Track }) {
  const data = useMemo(() => dataOf(track), [track]);
  const last = track.points.at(-1);
  return (
    <figure>
      <figcaption>
        {AGAINST[track.against]}
        {last !== undefined && (
          <span class="legend number">
            <span>
              <i class="key canary" /> canary {percentText(last.canary)}
            </span>
            <span>
              <i class="key band" /> between {percentText(last.low)} and {percentText(last.high)}
            </span>
            {last.stable !== null && (
              <span>
                <i class="key stable" /> stable {percentText(last.stable)}
              </span>
            )}
            <span>
              <i class="key limit" /> allowed {percentText(last.limit)}
            </span>
          </span>
        )}
      </figcaption>
      <Plot
        height={160}
        data={data}
        optionsFor={optionsFor}
        label={`${name}: course over ${track.points.length} windows`}
      />
    </figure>
  );
}
