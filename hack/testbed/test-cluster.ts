import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterOptions, startCluster } from '../cluster/cluster.ts';
import { attempt } from '../cluster/process/command.ts';
import { applyManifests } from '../install/manifests.ts';
import { type Access, accessOf } from './access.ts';
import { serveComponents } from './remote.ts';

/** What tests need of a cluster; plain data. */
export interface Given {
  readonly access: Access;
  /** Unix socket by which the components of the cluster are stopped and started; see `actOn`. Empty where they are not ours. */
  readonly components: string;
}

/** A cluster for tests. */
export interface TestCluster {
  readonly given: Given;
  /** File with what is given, for other processes. */
  readonly file: string;
  stop(): Promise<void>;
}

/** Variable with the name of such a file. */
export const GIVEN = 'SLUICE_TEST_CLUSTER';

/** Starts a cluster with Sluice's manifests and no controller. Must run in a network namespace of its own. */
export async function startTestCluster(
  log: (line: string) => void,
  parts: Pick<ClusterOptions, 'contour' | 'endpointPicker' | 'retries'> = {},
): Promise<TestCluster> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-'));
  const cluster = await startCluster({ ...parts, dir: join(root, 'cluster'), log });
  const { kubectl } = cluster.binaries;
  try {
    await applyManifests(
      (args, input) =>
        attempt(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input }),
      { controller: false },
    );
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  const components = join(root, 'components.sock');
  const server = await serveComponents(cluster, components);
  const given = { access: await accessOf(cluster), components };
  const file = join(root, 'given.json');
  await writeFile(file, JSON.stringify(given), { mode: 0o600 });
  return {
    given,
    file,
    stop: async () => {
      server.close();
      await cluster.stop();
      if (process.env['SLUICE_KEEP_LOGS'] === undefined) await rm(root, { recursive: true, force: true });
      else log(`its state and logs are in ${root}`);
    },
  };
}
