import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { longestFirst, SECONDS } from './durations.ts';
import { lanesOf } from './lanes.ts';

const file = (name: string): string => `test/integration/${name}.test.ts`;
const [SHARED, ALONE] = [
  ['shared/drift', 'shared/held'].map(file),
  ['alone/crds', 'alone/faults', 'alone/uninstall', 'alone/redis'].map(file),
];

describe('the lanes of the integration tests', () => {
  it('keep together what shares a controller, and give the rest to the lane that is free the soonest', () => {
    expect(lanesOf([...ALONE, ...SHARED], 2)).toEqual([
      [
        { project: 'shared', files: SHARED },
        { project: 'alone', files: ['alone/uninstall', 'alone/crds'].map(file) },
      ],
      [{ project: 'alone', files: ['alone/faults', 'alone/redis'].map(file) }],
    ]);
  });

  it('are one where one cluster is asked for, and none is empty', () => {
    expect(lanesOf(SHARED, 2)).toEqual([[{ project: 'shared', files: SHARED }]]);
    expect(lanesOf([...SHARED, ...ALONE], 1)).toMatchObject([
      [{ project: 'shared' }, { project: 'alone', files: longestFirst(ALONE) }],
    ]);
    expect(lanesOf([], 2)).toEqual([]);
  });

  it('lose no file, whatever their number', () => {
    const all = Object.keys(SECONDS).map(file);
    for (const clusters of [1, 2, 3, 9]) {
      const split = lanesOf(all, clusters).flatMap((lane) => lane.flatMap(({ files }) => files));
      expect(split.toSorted()).toEqual(all.toSorted());
    }
  });
});

it('each integration test has its duration', () => {
  const found = ['shared', 'alone'].flatMap((folder) =>
    readdirSync(new URL(`../../test/integration/${folder}`, import.meta.url))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name.replace('.test.ts', '')}`),
  );
  expect(Object.keys(SECONDS).toSorted()).toEqual(found.toSorted());
});
