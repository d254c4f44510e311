import { expect } from 'vitest';
import type { Load } from '../../hack/load/load.ts';
import { isFailed } from '../../hack/load/record.ts';
import type { Site } from '../../hack/testbed/site.ts';
import { until } from '../../hack/testbed/until.ts';

/** Expects that testers are with v1 again after a bad version, which nobody else has met. */
export async function expectOnlyTestersMet(site: Site, testers: Load, bad: string): Promise<void> {
  await until('testers are with v1 again', () =>
    testers
      .records()
      .slice(-20)
      .every(({ version }) => version === 'v1'),
  );
  await testers.stop();
  const records = await site.recordsNow();
  expect(records.filter(isFailed)).toEqual([]);
  expect(new Set(records.map(({ version }) => version))).toEqual(new Set(['v1']));
  expect(testers.records().some((one) => one.version === bad && isFailed(one))).toBe(true);
}
