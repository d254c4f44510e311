import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createBatch } from './batch.ts';

it('holds keys until it is open, and then passes each on once a turn', async () => {
  const gone: string[] = [];
  const batch = createBatch((key) => void gone.push(key));
  for (const key of ['a', 'b', 'a']) batch.add(key);
  await turn();
  expect(gone).toEqual([]);
  batch.open();
  expect(gone).toEqual(['a', 'b']);
  for (const key of ['c', 'a', 'c']) batch.add(key);
  expect(gone).toEqual(['a', 'b']);
  await turn();
  expect(gone).toEqual(['a', 'b', 'c', 'a']);
});

it('passes waiting keys on when flushed, once', async () => {
  const gone: string[] = [];
  const batch = createBatch((key) => void gone.push(key));
  batch.open();
  batch.add('a');
  batch.flush();
  await turn();
  expect(gone).toEqual(['a']);
});
