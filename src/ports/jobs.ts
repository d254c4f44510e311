import type { KubeObject } from '../api/meta.ts';

/** Jobs, each asked for anew. They are too few to be watched. */
export interface Jobs {
  /** Creates it, or only asks whether it could be. Fails with KUBERNETES_CONFLICT where it exists. */
  create(job: KubeObject, options?: { readonly dryRun: true }): Promise<KubeObject>;
  get(namespace: string, name: string): Promise<KubeObject | null>;
  podsOf(job: KubeObject): Promise<readonly KubeObject[]>;
  /** Deletes this very Job and its pods; one that is gone is fine. */
  remove(job: KubeObject): Promise<void>;
}
