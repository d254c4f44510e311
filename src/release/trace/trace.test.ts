import { describe, expect, it } from 'vitest';
import { TRACEPARENT } from '../../api/annotations/annotations.ts';
import type { KubeObject } from '../../api/meta.ts';
import { contextOf, traceOf, traceparentFor, traceparentProblem } from './trace.ts';

const [ID, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

const object = (name: string, traceparent?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: {
    name,
    uid: 'u-1',
    generation: 3,
    ...(traceparent === undefined ? {} : { annotations: { [TRACEPARENT]: traceparent } }),
  },
});

describe('the trace of a release', () => {
  it.each([
    ['', false],
    ['00-zz', false],
    [`00-${ID}-${SPAN}`, false],
    [`00-${ID.toUpperCase()}-${SPAN}-01`, false],
    [`ff-${ID}-${SPAN}-01`, false],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, false],
    [`00-${ID}-${'0'.repeat(16)}-01`, false],
    [`00-${ID}-${SPAN}-01`, true],
    [`01-${ID}-${SPAN}-03`, true],
  ])('takes the context "%s": %s', (text, expected) => {
    expect(traceOf(object('ranker-1', text)) !== null).toBe(expected);
    expect(traceparentProblem(object('ranker', text)) === null).toBe(expected);
  });

  it('is the pipeline’s, whether or not traces are sent', () => {
    const given = `00-${ID}-${SPAN}-01`;
    expect(traceparentFor(object('ranker', given), 'ranker-1', false)).toBe(given);
    expect(traceOf(object('ranker-1', given))).toMatchObject({ id: ID, parent: SPAN, sampled: true });
  });

  it('is one of its own, the same for the same push, where traces are sent', () => {
    expect(traceparentFor(object('ranker'), 'ranker-1', false)).toBeUndefined();
    const own = traceparentFor(object('ranker', 'bad'), 'ranker-1', true);
    expect(own).toBe(traceparentFor(object('ranker'), 'ranker-1', true));
    expect(own).not.toBe(traceparentFor(object('ranker'), 'ranker-2', true));
    const trace = traceOf(object('ranker-1', own));
    expect(trace?.parent).toBeUndefined();
    expect(trace === null ? '' : contextOf(trace)).toBe(own);
  });
});
