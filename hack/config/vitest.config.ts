import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `unit` needs no cluster and stands beside its file; `integration` runs on the local cluster. */
// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['{src,hack,test/simulation,test/conformance}/**/*.test.ts'],
          setupFiles: ['hack/config/unit.setup.ts'],
          testTimeout: 60_000,
          // Half of the time went into a process for each file and into loading everything once more in it.
          isolate: false,
          // By default one core is left out, which of two is half.
          maxWorkers: availableParallelism(),
        },
      },
      {
        root,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/cluster.setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // A whole cluster on a shared machine: a second try is made, and the report says of which test (`retry x1`).
          retry: 1,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
