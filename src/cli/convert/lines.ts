import type { Row } from '../../convert/ledger/report.ts';

/** A row for people: rows that differ in nothing but their field are one. */
export interface Line {
  readonly outcome: Row['outcome'];
  readonly text: string;
}

const FIELDS_SHOWN = 2;

function fieldsText(fields: readonly string[]): string {
  const given = fields.filter((field) => field !== '');
  const more = given.length - FIELDS_SHOWN;
  const shown = given.slice(0, FIELDS_SHOWN).join(', ');
  return given.length === 0 ? '' : `${shown}${more > 0 ? ` and ${more} more` : ''}: `;
}

/** The rows that are not simply mapped. */
export function linesOf(rows: readonly Row[]): readonly Line[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.outcome === 'mapped' || row.message === undefined) continue;
    const key = `${row.outcome} ${row.message}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    return [
      {
        outcome: first.outcome,
        text: `${fieldsText(alike.map(({ field }) => field))}${first.message ?? ''}`,
      },
    ];
  });
}
