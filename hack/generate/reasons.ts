import type { ReasonInfo } from '../../src/api/release/reason.ts';
import { CATALOGUE } from '../../src/release/reasons/catalogue.ts';
import { code, table } from './markdown.ts';

function rowsOf(area: Readonly<Record<string, ReasonInfo>>): string[][] {
  return Object.entries(area)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([reason, { on, severity, help }]) => [code(reason), on.join(', '), severity, help]);
}

/** Every reason by what it is about, and in the order of the alphabet, as Markdown tables. */
export function reasonTables(): string {
  return Object.entries(CATALOGUE)
    .map(([title, area]) => {
      const head = ['Reason', 'On', 'Severity', 'What it means and what to do'];
      return `## ${title}\n\n${table(head, rowsOf(area))}`;
    })
    .join('\n\n');
}
