import type { ReleaseStatus } from '../api/release/release.ts';
import { routeStateOf } from './desired.ts';
import type { DecisionContext } from './observed.ts';
import { event, type Progress } from './stages/progress.ts';

/**
 * A write to the routes whose answer was lost may be observed only now, or somebody may apply an old copy. Then the
 * subsets stay for as long again as every proxy needs to learn that no route names them.
 */
export function named(observation: DecisionContext, status: ReleaseStatus): Progress | null {
  const state = routeStateOf(observation, status);
  return state?.kind === 'differs' && state.part === 'routes'
    ? event('named', 'RoutesNamed', `a route names our subsets again: ${state.what}`)
    : null;
}
