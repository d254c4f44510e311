import type { Row } from './run.ts';

const WIDTH = 14;

function cell(row: Row | undefined): string {
  if (row === undefined) return ''.padEnd(WIDTH);
  const time = row.medianSeconds === null ? '' : ` ${row.medianSeconds} s`;
  return `${row.abortShare.toFixed(3)}${time}`.padEnd(WIDTH);
}

const placeOf = ({ family, case: name, rps }: Row): string => `${family} ${name} ${rps}`;

/** The rows as a table for a terminal: a line for each world, a column for each engine. */
export function table(rows: readonly Row[]): string[] {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const head = engines.map((name) => name.slice(0, WIDTH - 1).padEnd(WIDTH)).join('');
  const lines = [
    `${'family'.padEnd(18)}${'case'.padEnd(30)}${'rps'.padStart(5)}  ${'truth'.padEnd(7)}${head}waits`,
  ];
  for (const place of rows.filter(({ engine }) => engine === engines[0])) {
    const here = engines.map((name) =>
      rows.find((row) => row.engine === name && placeOf(row) === placeOf(place)),
    );
    const label = `${place.family.padEnd(18)}${place.case.padEnd(30)}${String(place.rps).padStart(5)}`;
    lines.push(`${label}  ${place.truth.padEnd(7)}${here.map(cell).join('')}${place.waitShare}`);
  }
  return lines;
}
