import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLedger } from './ledger.ts';
import { leavesOf } from './path.ts';
import { countsOf } from './report.ts';

const OBJECT = { spec: { kept: 1, list: [{ a: 'x', b: true }, { a: 'y' }], 'odd key': [], gone: null } };

describe('a ledger', () => {
  it('has a row for each field that a rule accounts for, with the values beneath it, and calls the rest unknown', () => {
    const ledger = openLedger(OBJECT);
    ledger.root.at('spec', 'kept').keep('spec.kept');
    for (const one of ledger.root.at('spec', 'list').items()) one.remark('is different', 'spec.other');
    expect(ledger.rows().map(({ field, outcome, values }) => [field, outcome, values])).toEqual([
      ['spec.kept', 'mapped', 1],
      ['spec.list[0]', 'remark', 2],
      ['spec.list[1]', 'remark', 1],
      ['spec["odd key"]', 'unknown', 1],
    ]);
  });

  it('keeps the worst that is said of a value, and names a value of the wrong type', () => {
    const ledger = openLedger(OBJECT);
    const { root } = ledger;
    root.at('spec').keep('spec');
    root.at('spec', 'list', 0, 'a').refuse('has no counterpart');
    root.at('spec', 'list').remark('is different');
    expect(root.at('spec', 'kept').text()).toBeUndefined();
    const rows = ledger.rows();
    expect(rows.find(({ field }) => field === 'spec.list[0].a')).toMatchObject({
      outcome: 'refused',
      values: 1,
    });
    expect(rows.find(({ field }) => field === 'spec.list')).toMatchObject({ outcome: 'remark', values: 2 });
    expect(rows.find(({ field }) => field === 'spec.kept')?.message).toContain('must be a text');
    expect(rows.find(({ field }) => field === 'spec')).toMatchObject({ outcome: 'mapped', values: 1 });
  });

  it('never loses a value, whatever the object is', () => {
    assert(
      property(jsonValue(), (value) => {
        const counts = countsOf(openLedger(value).rows());
        expect(counts.unknown).toBe(leavesOf(value).length);
      }),
    );
  });
});
