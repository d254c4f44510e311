import { describe, expect, it } from 'vitest';
import { parseLabels, parseLine } from './exposition.ts';

describe('parseLine', () => {
  it.each([
    ['a_total 7', 'a_total', '', 7],
    ['a_total{} 7.000000', 'a_total', '', 7],
    [':tf:count{model="m",status="OK"} 1e+06 1700000000000', ':tf:count', 'model="m",status="OK"', 1e6],
    ['Requests5XX{Level="Host",} 2.0', 'Requests5XX', 'Level="Host",', 2],
    ['a{le="+Inf"} +Inf', 'a', 'le="+Inf"', Number.POSITIVE_INFINITY],
    ['a -Inf', 'a', '', Number.NEGATIVE_INFINITY],
    ['a{q="}{\\"x"} 1', 'a', 'q="}{\\"x"', 1],
    ['a\t1 # {trace_id="x"} 1', 'a', '', 1],
  ])('reads %s', (text, name, body, value) => {
    expect(parseLine(text)).toEqual({ name, body, value });
  });

  it('reads NaN as it is', () => {
    expect(parseLine('a NaN')).toMatchObject({ value: Number.NaN });
  });

  it.each(['', '  ', '# TYPE a counter', '# EOF'])('leaves out %j', (text) => {
    expect(parseLine(text)).toBeNull();
  });

  it.each(['<html>', 'a', 'a{b="c" 1', 'a one', '{"status": 1}', '7 7'])(
    'does not take %s for one',
    (text) => {
      expect(parseLine(text)).toBe('notALine');
    },
  );
});

describe('parseLabels', () => {
  it('reads escapes, spaces and a comma at the end', () => {
    expect(parseLabels('a="1", b = "x\\\\y\\"z\\n" ,')).toEqual({ a: '1', b: 'x\\y"z\n' });
  });
});
