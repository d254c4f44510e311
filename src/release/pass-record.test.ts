import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTERS } from '../traffic/registry.ts';
import type { Decision } from './decide.ts';
import { type PassRecord, replayPass } from './pass-record.ts';

/** A pass from a log or from `sluice explain --record` that is put here is decided once more. */
const PASSES = new URL('../../test/fixtures/passes/', import.meta.url);

/** What a decision comes to; its words may be others in another version. */
function comesTo({ moved, status }: Decision): object {
  const { phase, stage, step, weight, reason, verdict } = status;
  return { moved, phase, stage, step, weight, reason, verdict };
}

describe('a recorded pass', () => {
  it.each(readdirSync(PASSES))('%s comes to the same when it is replayed', (name) => {
    const record = JSON.parse(readFileSync(new URL(name, PASSES), 'utf8')) as PassRecord;
    expect(comesTo(replayPass(record, ROUTERS))).toEqual(comesTo(record.decision));
  });
});
