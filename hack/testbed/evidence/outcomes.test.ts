import { describe, expect, it } from 'vitest';
import type { Change } from './history.ts';
import { deliveredIn, isReported, outcomeProblems } from './outcomes.ts';

function release(uid: string, phase: string, ...reasons: string[]): Change {
  const messages = reasons.map((reason, index) => ({ seq: index + 1, reason }));
  const object = {
    apiVersion: 'v1',
    kind: 'Release',
    metadata: { name: uid, uid },
    status: { phase, messages },
  };
  return { at: 0, version: 0, kind: 'Release', gone: false, object };
}
const told = (key: string, reason: string) => ({ key, reason });
const ended = [release('a', 'Stepping', 'StepPassed'), release('a', 'Promoted', 'StepPassed', 'Promoted')];

describe('outcomes', () => {
  it.each([
    ['told once', [told('a/1', 'StepPassed'), told('a/2', 'Promoted')], 0],
    ['told twice with one key', [told('a/2', 'Promoted'), told('a/2', 'Promoted')], 0],
    ['told with two keys', [told('a/2', 'Promoted'), told('a/3', 'Promoted')], 1],
    ['told as another', [told('a/2', 'Aborted')], 1],
    ['told as two', [told('a/1', 'Aborted'), told('a/2', 'Promoted')], 1],
    ['not told', [told('a/1', 'StepPassed')], 1],
    ['told, and one key is two messages', [told('a/1', 'A'), told('a/1', 'B'), told('a/2', 'Promoted')], 1],
    ['of another Release aside', [told('a/2', 'Promoted'), told('b/2', 'Aborted')], 0],
  ])('%s', (_what, heard, problems) => {
    expect(outcomeProblems(ended, heard)).toHaveLength(problems);
  });

  it('are reported when each that has ended is', () => {
    expect(isReported(ended, [told('a/1', 'StepPassed')])).toBe(false);
    expect(isReported(ended, [told('a/2', 'Promoted')])).toBe(true);
    expect(isReported([release('a', 'Stepping')], [])).toBe(true);
  });

  it('are read from a request', () => {
    const body = JSON.stringify({ data: { reason: 'Promoted' } });
    expect(deliveredIn({ headers: { 'idempotency-key': 'a/2' }, body })).toEqual(told('a/2', 'Promoted'));
    expect(() => deliveredIn({ headers: {}, body })).toThrow('without an idempotency key');
  });
});
