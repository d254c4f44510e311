import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { MetricCourse } from '../../api/release.ts';

type Track = MetricCourse['tracks'][number];

const HEIGHT = 160;

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

/** A colour of the style sheet. */
function colour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const [canary, stable, limit, band, text, grid] = ['canary', 'stable', 'limit', 'band', 'text', 'grid'].map(
    (name) => colour(element, `--${name}`),
  );
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } } as const;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: { min: { pad: 0, hard: 0, mode: 1 }, max: { pad: 0.1, mode: 0 } } } },
    axes: [
      { ...axis },
      { ...axis, values: (_plot, values) => values.map((value) => `${value} %`), size: 60 },
    ],
    series: [
      {},
      { stroke: band, width: 0 },
      { stroke: band, width: 0 },
      { stroke: canary, width: 2 },
      { stroke: stable, width: 2 },
      { stroke: limit, width: 1, dash: [4, 4] },
    ],
    bands: [{ series: [1, 2], fill: band }],
  } as uPlot.Options;
}

const percent = (rate: number): string => `${(rate * 100).toPrecision(3)} %`;

function wordsOf({ points }: Track, name: string): string {
  const last = points.at(-1);
  if (last === undefined) return `${name}: no window yet`;
  const stable = last.stable === null ? '' : `, stable ${percent(last.stable)}`;
  return `${name}: canary ${percent(last.canary)}, between ${percent(last.low)} and ${percent(last.high)}${stable}, allowed ${percent(last.limit)}`;
}

/** Canary (with its confidence band) against stable and the greatest allowed rate, over the windows that are kept. */
export function MetricPlot({ name, track }: { readonly name: string; readonly track: Track }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element), dataOf(track), element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resized.observe(element);
    const theme = matchMedia('(prefers-color-scheme: dark)');
    theme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      theme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(track)), [track]);
  return <div class="plot" ref={box} role="img" aria-label={wordsOf(track, name)} />;
}
