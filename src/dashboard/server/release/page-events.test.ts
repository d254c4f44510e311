import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../api/meta.ts';
import { eventsOf, trimEvent } from './page-events.ts';

const event = (name: string, more: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'models', creationTimestamp: '2026-03-01T10:00:00Z', uid: name },
  involvedObject: { kind: 'Pod', name: 'ranker-1', uid: 'u' },
  type: 'Warning',
  reason: 'BackOff',
  message: 'pulls again',
  ...more,
});

const subjects = { Pod: new Set(['ranker-1']), Release: new Set(['ranker-s2']) };
const shown = (...events: KubeObject[]) => eventsOf(events.map(trimEvent), subjects);

describe('events', () => {
  it.each<[string, object, string, number]>([
    ['of the kubelet', { lastTimestamp: '2026-03-01T11:00:00Z', count: 7 }, '2026-03-01T11:00:00Z', 7],
    [
      'of a new client, in a series',
      { eventTime: '2026-03-01T10:30:00Z', series: { count: 3, lastObservedTime: '2026-03-01T10:40:00Z' } },
      '2026-03-01T10:40:00Z',
      3,
    ],
    [
      'of a new client, alone',
      { eventTime: '2026-03-01T10:30:00Z', lastTimestamp: null },
      '2026-03-01T10:30:00Z',
      1,
    ],
    ['without any time', {}, '2026-03-01T10:00:00Z', 1],
  ])('%s have their last time and count', (_whose, more, at, count) => {
    expect(shown(event('a', more))).toEqual([
      { at, count, type: 'Warning', reason: 'BackOff', text: 'pulls again', about: 'Pod ranker-1' },
    ]);
  });

  it('are those of the page, the newest first, and not more than fifty', () => {
    const others = [{ kind: 'Pod', name: 'else' }, { kind: 'Release', name: 'ranker-1' }, undefined];
    const foreign = others.map((involvedObject, at) => event(`f${at}`, { involvedObject }));
    const ours = Array.from({ length: 60 }, (_, at) =>
      event(`e${at}`, { lastTimestamp: `2026-03-01T11:${String(at).padStart(2, '0')}:00Z` }),
    );
    const events = shown(...foreign, ...ours);
    expect(events).toHaveLength(50);
    expect(events[0]?.at).toBe('2026-03-01T11:59:00Z');
  });

  it('are kept short', () => {
    const long = event('a', { message: 'x'.repeat(9_000), managedFields: ['y'], source: { host: 'n' } });
    expect(JSON.stringify(trimEvent(long)).length).toBeLessThan(1_600);
    expect(shown(long)[0]?.text).toHaveLength(1_024);
  });
});
