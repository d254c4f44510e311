import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { timeRange } from './time-range.ts';

/** Reads colours of the style sheet as a canvas takes them: variables alone may be functions of the theme. */
function coloursAt(element: Element): Colours {
  return (name) => {
    const probe = element.appendChild(document.createElement('span'));
    probe.style.color = `var(--${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

/** The colour of the style sheet by this name. */
type Colours = (name: string) => string;

/** Times in the zone and manner of the viewer; seconds only where they tell something. */
function timesOf(_plot: uPlot, seconds: readonly number[]): string[] {
  const isShort = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0) < 300;
  const days = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0) > 86_400;
  const style = days
    ? { dateStyle: 'short' as const }
    : { timeStyle: isShort ? ('medium' as const) : ('short' as const) };
  const format = new Intl.DateTimeFormat(undefined, style);
  return seconds.map((one) => format.format(one * 1_000));
}

/** The scale of times: all of them, with a share left free at both ends; `alone` seconds around a single one. */
export function timeScale(share: number, alone: number): uPlot.Scale {
  // The library takes a single moment for the first of many days, and says so in place of what there is.
  return { range: ({ data: [times] }) => timeRange(times[0] ?? 0, times.at(-1) ?? 0, share, alone) };
}

/** What every plot has in common. */
export function axesOf(colours: Colours, unit: string): uPlot.Axis[] {
  const grid = { stroke: colours('grid'), width: 1 };
  const axis = { stroke: colours('text'), grid, ticks: grid };
  const units = (_plot: uPlot, values: readonly number[]): string[] =>
    values.map((value) => `${value}${unit}`);
  return [
    { ...axis, values: timesOf, space: 90 },
    { ...axis, values: units, size: 60 },
  ];
}

type Options = (colours: Colours) => Omit<uPlot.Options, 'width' | 'height'>;

/** A plot in a box: as wide as it, in the colours of the theme, drawn again when either changes. */
function usePlot(height: number, data: uPlot.AlignedData, optionsFor: Options) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      const options = optionsFor(coloursAt(element));
      const scales = { x: timeScale(0, 30), ...options.scales };
      const size = { width: element.clientWidth, height };
      plot.current = new uPlot({ ...options, ...size, scales }, newest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const theme = matchMedia('(prefers-color-scheme: dark)');
    theme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      theme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [data]);
  return box;
}

interface PlotProps {
  /** Pixels, as the class in the style sheet has it. */
  readonly height: number;
  readonly data: uPlot.AlignedData;
  readonly optionsFor: Options;
  /** What it shows, for who cannot see it. */
  readonly label: string;
  readonly class?: string;
}

/** A plot with its words. */
export function Plot({ height, data, optionsFor, label, class: name = '' }: PlotProps) {
  const box = usePlot(height, data, optionsFor);
  return <div class={`plot ${name}`.trim()} ref={box} role="img" aria-label={label} />;
}
