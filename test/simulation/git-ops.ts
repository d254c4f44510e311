import { isDeepStrictEqual } from 'node:util';
import type { MemoryCluster } from '../fakes/memory-cluster.ts';
import { NAME, NAMESPACE } from './fixtures.ts';
import { ROUTES } from './routing.ts';

/** The name by which the tool writes. */
export const TOOL = 'argocd-controller';

/** Applies the VirtualService as it is in Git, if it differs. */
export function applyGit(cluster: MemoryCluster): void {
  const there = cluster.get('VirtualService', NAMESPACE, NAME);
  if (there === null || isDeepStrictEqual(there['spec'], ROUTES)) return;
  cluster.update('VirtualService', NAMESPACE, NAME, (draft) => {
    draft['spec'] = structuredClone(ROUTES);
    draft.metadata.managedFields = [{ manager: TOOL, operation: 'Apply', routes: true }];
  });
}
