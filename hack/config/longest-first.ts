import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { longestFirst } from '../test/durations.ts';

const ON_CLUSTER: readonly string[] = ['shared', 'alone'];

/** Lets long integration tests begin first; for other tests, the order is that of vitest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of vitest, and of no array
    if (!files.every(({ project }) => ON_CLUSTER.includes(project.name))) return super.sort(files);
    const order = longestFirst(files.map(({ moduleId }) => moduleId));
    return files.toSorted((a, b) => order.indexOf(a.moduleId) - order.indexOf(b.moduleId));
  }
}
