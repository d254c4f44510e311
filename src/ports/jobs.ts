import type { KubeObject } from '../api/meta.ts';

/** Jobs, read from the API server each time. They are too few to be watched. */
export interface Jobs {
  /** Creates it, or only checks by a dry run whether it could be. Fails with KUBERNETES_CONFLICT if it exists. */
  create(job: KubeObject, options?: { readonly dryRun: true }): Promise<KubeObject>;
  get(namespace: string, name: string): Promise<KubeObject | null>;
  podsOf(job: KubeObject): Promise<readonly KubeObject[]>;
  /** Deletes exactly this Job and its pods; succeeds if it is gone. */
  remove(job: KubeObject): Promise<void>;
}
