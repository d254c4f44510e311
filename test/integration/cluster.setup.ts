import { readFile } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import type { Access } from '../../hack/testbed/access.ts';
import { GIVEN, type Given, startTestCluster } from '../../hack/testbed/test-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kubeconfig: string;
    kubectl: string;
    access: Access;
    /** Unix socket by which the components of the cluster are stopped and started; see `actOn`. Empty where they are not ours. */
    components: string;
  }
}

function provide(project: TestProject, { access, components }: Given): void {
  project.provide('kubeconfig', access.kubeconfig);
  project.provide('kubectl', access.kubectl);
  project.provide('access', access);
  project.provide('components', components);
}

/** One cluster for all files of a run: that of the lane, or a new one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const file = process.env[GIVEN];
  if (file !== undefined) {
    provide(project, JSON.parse(await readFile(file, 'utf8')) as Given);
    return () => Promise.resolve();
  }
  const cluster = await startTestCluster((line) => console.log(`cluster: ${line}`));
  provide(project, cluster.given);
  return () => cluster.stop();
}
