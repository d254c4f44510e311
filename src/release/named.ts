import type { ReleaseStatus } from '../api/release.ts';
import { routeStateOf } from './desired.ts';
import type { DecisionContext } from './observed.ts';
import { event, type Progress } from './stages/progress.ts';

/**
 * A write to the routes can land unseen, and be seen only now; or somebody puts an old copy back. Then the subsets stay for
 * as long again as it takes every proxy to hear that no route names them any more.
 */
export function named(seen: DecisionContext, status: ReleaseStatus): Progress | null {
  const state = routeStateOf(seen, status);
  return state?.kind === 'differs' && state.part === 'routes'
    ? event('named', 'RoutesNamed', `a route names our subsets again: ${state.what}`)
    : null;
}
