import { describe, expect, it } from 'vitest';
import { release } from '../../../test/fixtures/release.ts';
import { SluiceError } from '../../errors.ts';
import { createTries, type Failure } from './tries.ts';

const RELEASE = release();
const refused = (text = 'exceeded quota'): SluiceError =>
  new SluiceError('KUBERNETES_FORBIDDEN', text, { retry: 'terminal' });
const away = new SluiceError('KUBERNETES_UNAVAILABLE', 'no answer', { retry: 'backoff' });
const raced = new SluiceError('KUBERNETES_CONFLICT', 'somebody was faster', { retry: 'backoff' });

const failure = (over: Partial<Failure> = {}): Failure => ({
  part: 'routes',
  goal: 'split:0',
  error: refused(),
  now: 0,
  atStake: true,
  ...over,
});

describe('a write that is refused', () => {
  it('is reported at once, and then tried each second while traffic is at risk', () => {
    const tries = createTries();
    expect(tries.failed(RELEASE, failure())).toBe(0);
    expect(tries.of(RELEASE)).toEqual({ routes: { goal: 'split:0', why: 'exceeded quota' } });
    expect([1, 2, 3].map((second) => tries.failed(RELEASE, failure({ now: second * 1_000 })))).toEqual([
      2_000, 3_000, 4_000,
    ]);
  });

  it('is tried less and less often while none is', () => {
    const tries = createTries();
    const due = Array.from({ length: 7 }, () => {
      tries.failed(RELEASE, failure({ atStake: false }));
      return tries.dueAt(RELEASE, 'routes', 'split:0');
    });
    expect(due).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('does not keep another goal, or another part, from being tried', () => {
    const tries = createTries();
    tries.failed(RELEASE, failure());
    expect(tries.dueAt(RELEASE, 'routes', 'whole')).toBe(0);
    expect(tries.dueAt(RELEASE, 'deployment', 'resumed')).toBe(0);
  });

  it('is forgotten when it goes through', () => {
    const tries = createTries();
    tries.failed(RELEASE, failure());
    tries.accepted(RELEASE, 'routes');
    expect(tries.of(RELEASE)).toEqual({});
    expect(tries.dueAt(RELEASE, 'routes', 'split:0')).toBe(0);
  });

  it('keeps its words where only times and counts in them change', () => {
    const tries = createTries();
    for (const text of ['used: pods=3', 'used: pods=4', 'no quota any more'])
      tries.failed(RELEASE, failure({ error: refused(text) }));
    expect(tries.of(RELEASE).routes?.why).toBe('no quota any more');
    tries.failed(RELEASE, failure({ goal: 'whole', error: refused('at 12:00:01') }));
    tries.failed(RELEASE, failure({ goal: 'whole', error: refused('at 12:00:02') }));
    expect(tries.of(RELEASE).routes?.why).toBe('at 12:00:01');
  });
});

describe('a write that fails otherwise', () => {
  it('is reported when that happens twice in a row, and left to the queue before', () => {
    const tries = createTries();
    expect(tries.failed(RELEASE, failure({ error: away }))).toBeNull();
    expect(tries.of(RELEASE)).toEqual({});
    expect(tries.failed(RELEASE, failure({ error: away, now: 500 }))).toBe(500);
    expect(tries.of(RELEASE).routes?.why).toBe('no answer');
  });

  it('says nothing of the object where somebody was faster', () => {
    const tries = createTries();
    for (let time = 0; time < 3; time++) expect(tries.failed(RELEASE, failure({ error: raced }))).toBeNull();
    expect(tries.of(RELEASE)).toEqual({});
  });
});
