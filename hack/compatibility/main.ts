/** `npm run release:contract`: takes the present CRDs for those of the last release. To be run for a release, and only then. */
import { writeFileSync } from 'node:fs';
import { presentContract, RELEASED } from './released.ts';

/** The levels that get lines of their own: a change of a field is a line of a diff. */
const LEVELS = 8;

function lines(value: unknown, level: number): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || level === LEVELS)
    return JSON.stringify(value);
  const pad = ' '.repeat(level + 1);
  const entries = Object.entries(value).map(
    ([key, one]) => `${pad}${JSON.stringify(key)}: ${lines(one, level + 1)}`,
  );
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${' '.repeat(level)}}`;
}

writeFileSync(RELEASED, `${lines(presentContract(), 0)}\n`);
console.log(
  'hack/compatibility/released.json has the present CRDs; empty ACCEPTED in hack/compatibility/accepted.ts',
);
