import { describe, expect, it } from 'vitest';
import { WebhookAnswer, WebhookQuestion } from '../../src/api/analysis/webhook-metric.ts';
import { KINDS } from './kinds.ts';
import { reasonTables } from './reasons.ts';
import { annotationTable, between, fieldTable, messageTable, stageTable } from './tables.ts';

describe('tables', () => {
  it('have a row for every field, with type, default and meaning', () => {
    const rollout = KINDS.find(({ kind }) => kind === 'Rollout');
    const table = rollout === undefined ? '' : fieldTable(rollout);
    expect(table).toContain('| `spec.steps[].weight` | integer, 1–100 |  | Percent of the traffic');
    expect(table).toContain('| `spec.onAbort` | `hold`, `revert` | `hold` |');
    expect(table).toContain('| `spec.analysis.interval` | string | `10s` |');
  });

  it('have a row for every field of a message', () => {
    const table = messageTable(WebhookQuestion);
    expect(table).toContain(
      '| `stable.images` | list of strings | Images of its containers, in their order. |',
    );
    expect(table).toContain('| `metrics[].verdict` | string |');
    expect(messageTable(WebhookAnswer)).toContain('| `value` | number, optional | A number in place of');
  });

  it('have a row for every stage', () => {
    expect(stageTable()).toContain(
      '| `Stepping` | `Analysing` | judging the canary | split by the weight | yes | `deadlines.step` |',
    );
    expect(stageTable()).toContain('| `Aborted` |  | rolled back, stable serves | yours |  |  |');
  });

  it('have a row for every reason, by what it is about', () => {
    const tables = reasonTables();
    expect(tables).toContain('| `AnalysisFailed` | Release | critical | Rolled back: a metric failed;');
    expect(tables.indexOf('`OptedOut`')).toBeLessThan(tables.indexOf('`PausedByOwner`'));
    expect(tables.indexOf('## The ordinary course')).toBeGreaterThan(
      tables.indexOf('## Why a release ended'),
    );
  });

  it('have a row for every annotation', () => {
    expect(annotationTable()).toContain('| `sluice.dev/max-p95` | `250ms` |');
  });
});

describe('between', () => {
  it.each([
    [
      'fills an empty place',
      'a\n<!-- generated:x --><!-- /generated:x -->\nb',
      'a\n<!-- generated:x -->\n\nT\n\n<!-- /generated:x -->\nb',
    ],
    [
      'replaces what is there',
      '<!-- generated:x -->\nold\n<!-- /generated:x -->',
      '<!-- generated:x -->\n\nT\n\n<!-- /generated:x -->',
    ],
    ['leaves a text without the markers', 'plain', 'plain'],
    [
      'leaves markers in the wrong order',
      '<!-- /generated:x --><!-- generated:x -->',
      '<!-- /generated:x --><!-- generated:x -->',
    ],
    [
      'leaves the place of another table',
      '<!-- generated:y --><!-- /generated:y -->',
      '<!-- generated:y --><!-- /generated:y -->',
    ],
  ])('%s', (_case, before, after) => {
    expect(between(before, 'x', 'T')).toBe(after);
    expect(between(after, 'x', 'T')).toBe(after);
  });
});
