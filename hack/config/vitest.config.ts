import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SHARED_AT_ONCE } from '../test/lanes.ts';
import { LongestFirst } from './longest-first.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CLUSTER = 'test/integration/cluster.setup.ts';

const onCluster = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // A whole cluster on a shared machine: a second try is made, and the report says of which test (`retry x1`).
  retry: 1,
};

/**
 * `unit` needs no cluster and stands beside its file; `dashboard` needs a browser, `dashboard-cluster` a browser and a
 * cluster, `upgrade` a cluster and the tree of an earlier version. `shared` and `alone` run on a local cluster: files of `shared` beside each other, under one controller; files of `alone` one by one, each as if the cluster were its own.
 */
// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
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
          name: 'dashboard',
          include: ['test/dashboard/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
        },
      },
      {
        root,
        test: {
          ...onCluster,
          name: 'dashboard-cluster',
          testTimeout: 150_000,
          retry: 0,
          include: ['test/dashboard/cluster/*.test.ts'],
          globalSetup: [CLUSTER],
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
      {
        root,
        test: {
          ...onCluster,
          name: 'upgrade',
          retry: 0,
          include: ['test/upgrade/*.test.ts'],
          globalSetup: [CLUSTER],
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
      {
        root,
        test: {
          ...onCluster,
          name: 'shared',
          include: ['test/integration/shared/*.test.ts'],
          globalSetup: [CLUSTER, 'test/integration/shared/controller.setup.ts'],
          maxWorkers: SHARED_AT_ONCE,
        },
      },
      {
        root,
        test: {
          ...onCluster,
          name: 'alone',
          include: ['test/integration/alone/*.test.ts'],
          globalSetup: [CLUSTER],
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
