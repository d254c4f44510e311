import type { Jobs } from '../../ports/jobs.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import { RESOURCES } from './resource.ts';

/** Maximum number of pods of a Job that are read. */
const MOST_PODS = 50;

/** Creates, reads and deletes Jobs. */
export function createJobs(client: Pick<KubeClient, 'create' | 'get' | 'list' | 'remove'>): Jobs {
  return {
    create: (job, options) =>
      client.create(RESOURCES.Job, job, options?.dryRun === true ? { dryRun: 'All' } : {}),
    get: (namespace, name) => client.get(RESOURCES.Job, { namespace, name }),
    podsOf: async ({ metadata: { namespace, uid } }) => {
      const query = { labelSelector: `batch.kubernetes.io/controller-uid=${uid}`, limit: MOST_PODS };
      return (await client.list(RESOURCES.Pod, namespace, query)).items;
    },
    remove: async ({ metadata: { namespace, name, uid } }) => {
      const options = { propagationPolicy: 'Background', preconditions: { uid } };
      await client.remove(RESOURCES.Job, { namespace, name }, options).catch((error: unknown) => {
        // Gone, or replaced by another of that name.
        if (!isCode(error, 'KUBERNETES_NOT_FOUND') && !isCode(error, 'KUBERNETES_CONFLICT')) throw error;
      });
    },
  };
}
