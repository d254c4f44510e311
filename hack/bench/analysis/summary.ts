import type { Row } from './run.ts';

/** An engine in a family: over its healthy worlds, and over those with a worse version. */
export interface Cell {
  readonly engine: string;
  readonly family: string;
  /** Share of false aborts over all healthy worlds, and in the worst of them; null without healthy worlds. */
  readonly falseAborts: number | null;
  readonly worst: number | null;
  /** Share of worse versions that were found, and the median of the times; null without such worlds. */
  readonly found: number | null;
  readonly medianSeconds: number | null;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? null;
}

function cellOf(engine: string, family: string, rows: readonly Row[]): Cell {
  const ours = rows.filter((row) => row.engine === engine && row.family === family);
  const healthy = ours.filter(({ truth }) => truth === 'same').map(({ abortShare }) => abortShare);
  const worse = ours.filter(({ truth }) => truth === 'worse');
  return {
    engine,
    family,
    falseAborts: mean(healthy),
    worst: healthy.length === 0 ? null : Math.max(...healthy),
    found: mean(worse.map(({ abortShare }) => abortShare)),
    medianSeconds: median(worse.flatMap(({ medianSeconds }) => medianSeconds ?? [])),
  };
}

/** Engines and families of rows, in their order. */
export function namesOf(rows: readonly Row[]): { readonly engines: string[]; readonly families: string[] } {
  return {
    engines: [...new Set(rows.map(({ engine }) => engine))],
    families: [...new Set(rows.map(({ family }) => family))],
  };
}

/** One cell for each engine and family. */
export function summaryOf(rows: readonly Row[]): Cell[] {
  const { engines, families } = namesOf(rows);
  return families.flatMap((family) => engines.map((engine) => cellOf(engine, family, rows)));
}

const percent = (share: number): string => {
  const value = share * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : value.toFixed(0)} %`;
};

function cellText({ falseAborts, worst, found, medianSeconds }: Cell): string {
  const wrong = falseAborts === null || worst === null ? '–' : `${percent(falseAborts)} (${percent(worst)})`;
  if (found === null) return wrong;
  const time = medianSeconds === null ? '' : `, ${medianSeconds} s`;
  return `${wrong}; ${percent(found)}${time}`;
}

const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

/** The summary as a Markdown table: a line for each family, a column for each engine. */
export function markdownOf(rows: readonly Row[]): string[] {
  const { engines, families } = namesOf(rows);
  const cells = summaryOf(rows);
  return [
    line(['family', ...engines]),
    line(['---', ...engines.map(() => '---')]),
    ...families.map((family) =>
      line([
        family,
        ...engines.map((engine) => {
          const cell = cells.find((one) => one.engine === engine && one.family === family);
          return cell === undefined ? '' : cellText(cell);
        }),
      ]),
    ),
  ];
}
