import { isCode } from '../adapters/kubernetes/failure.ts';
import type { KubeObject } from '../api/meta.ts';
import type { WatchedKind } from '../traffic/declaration.ts';

/**
 * The objects of a router's kind that is not installed, or may not be read: none, since the routers of other data planes
 * do without it. Any other error is thrown.
 */
export function ofOptionalKind({ optional }: WatchedKind): (error: unknown) => KubeObject[] {
  return (error) => {
    const isAbsent = isCode(error, 'KUBERNETES_NOT_FOUND') || isCode(error, 'KUBERNETES_FORBIDDEN');
    if (optional !== true || !isAbsent) throw error;
    return [];
  };
}
