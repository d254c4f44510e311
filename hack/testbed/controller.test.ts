import { describe, expect, it } from 'vitest';
import { sumOf } from './controller.ts';

const TEXT = `# HELP sluice_reconciles_total Passes.
sluice_reconciles_total{kind="rollout",result="ok"} 12
sluice_reconciles_total{kind="rollout",result="error"} 3
sluice_reconciles_total_other 7
process_resident_memory_bytes 1048576
`;

describe('a figure of the metrics page', () => {
  it.each([
    ['sluice_reconciles_total', {}, 15],
    ['sluice_reconciles_total', { result: 'ok' }, 12],
    ['process_resident_memory_bytes', {}, 1_048_576],
    ['nothing_of_the_kind', {}, 0],
  ])('%s %o', (name, labels, sum) => {
    expect(sumOf(TEXT, name, labels)).toBe(sum);
  });
});
