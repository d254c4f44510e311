import { array, assert, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyOf, type PeerKind } from '../../test/fixtures/peers.ts';
import { validOnly } from '../cli/convert/write.ts';
import { convert } from './convert.ts';
import { leavesOf } from './ledger/path.ts';
import { countsOf } from './ledger/report.ts';
import type { Settings } from './output.ts';

const SETTINGS: Settings = { namespace: 'shop', analysis: 'http-generic', provider: 'istio' };
const ROUTED: Settings = { ...SETTINGS, route: { kind: 'VirtualService', name: 'ranker' } };

const KINDS: readonly PeerKind[] = [
  'Rollout',
  'AnalysisTemplate',
  'Canary',
  'MetricTemplate',
  'AlertProvider',
];

describe('whatever a CRD of the other tools allows', () => {
  it.each(KINDS)(
    '%s: every value is accounted for, none is unknown, and what is written is valid',
    (kind) => {
      assert(
        property(array(anyOf(kind), { minLength: 1, maxLength: 2 }), (objects) => {
          const given = objects.map((object, index) => ({
            object: { ...object, metadata: { ...object.metadata, name: `ranker-${index}` } },
            place: 'here',
          }));
          for (const settings of [SETTINGS, ROUTED]) {
            const all = convert(given, settings);
            expect(all).toHaveLength(given.length);
            for (const [index, { rows }] of all.entries()) {
              const known = countsOf(rows);
              expect(rows.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
              expect(known.mapped + known.remark + known.refused).toBe(leavesOf(given[index]?.object).length);
            }
            const written = validOnly(all, 'shop', 'http-generic');
            expect(validOnly(written, 'shop', 'http-generic')).toEqual(written);
          }
        }),
        { numRuns: 150 },
      );
    },
  );
});
