import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startCluster } from '../../hack/cluster/cluster.ts';
import { attempt } from '../../hack/cluster/command.ts';
import { applyManifests } from '../../hack/install/manifests.ts';
import { type Access, accessOf } from '../../hack/testbed/access.ts';
import { serveComponents } from '../../hack/testbed/remote.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kubeconfig: string;
    kubectl: string;
    access: Access;
    /** Unix socket by which the components of the cluster are stopped and started; see `actOn`. Empty where they are not ours. */
    components: string;
  }
}

const log = (line: string): void => console.log(`cluster: ${line}`);

/** A cluster that is there already: its access is in a file. */
async function provideFrom(project: TestProject, file: string): Promise<() => Promise<void>> {
  const access = JSON.parse(await readFile(file, 'utf8')) as Access;
  provide(project, access, '');
  return () => Promise.resolve();
}

function provide(project: TestProject, access: Access, components: string): void {
  project.provide('kubeconfig', access.kubeconfig);
  project.provide('kubectl', access.kubectl);
  project.provide('access', access);
  project.provide('components', components);
}

/** One cluster for all integration tests, with Sluice's manifests and no controller: each test starts its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['SLUICE_TEST_ACCESS'];
  if (given !== undefined) return provideFrom(project, given);
  const root = await mkdtemp(join(tmpdir(), 'sluice-'));
  const cluster = await startCluster({ dir: join(root, 'cluster'), log });
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
  provide(project, await accessOf(cluster), components);
  return async () => {
    server.close();
    await cluster.stop();
    if (process.env['SLUICE_KEEP_LOGS'] === undefined) await rm(root, { recursive: true, force: true });
    else console.log(`cluster: its state and logs are in ${root}`);
  };
}
