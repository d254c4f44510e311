import { describe, expect, it } from 'vitest';
import type { Reason } from '../reasons/catalogue.ts';
import { withCondition } from './conditions.ts';
import { warningsIn, withWarnings } from './warnings.ts';

const UNSPLIT = { reason: 'UnsplitTraffic', message: 'VirtualService a is not split' } as const;
const HIDDEN = { reason: 'SubsetsHidden', message: 'DestinationRule b' } as const;
const ready = withCondition([], { type: 'Ready', status: 'True', reason: 'Gated', message: 'm' }, 0);
const types = (warnings: readonly { readonly reason: Reason; readonly message: string }[]): string[] =>
  withWarnings(withWarnings(ready, [UNSPLIT, HIDDEN], 0), warnings, 0).map(({ type }) => type);

describe('what should be known of the routes', () => {
  it('has a condition of its own, as long as there is something to say', () => {
    expect(types([UNSPLIT, HIDDEN])).toEqual(['Ready', 'SubsetsHidden', 'UnsplitTraffic']);
    expect(types([HIDDEN])).toEqual(['Ready', 'SubsetsHidden']);
    expect(types([])).toEqual(['Ready']);
  });

  it('is read from the conditions, and nothing else is', () => {
    expect(warningsIn(withWarnings(ready, [UNSPLIT], 0))).toEqual([UNSPLIT]);
    expect(warningsIn(undefined)).toEqual([]);
  });
});
