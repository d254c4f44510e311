import { SluiceError } from '../../src/errors.ts';
import type { ClusterFault } from '../fakes/memory-cluster.ts';

/** The controller process has died at a write. */
export class Crash extends Error {}

/** What happens to a write of the controller: it succeeds, is refused, or the process dies before or after it. */
export type WriteOutcome =
  | 'crashBefore'
  | 'crashAfter'
  | 'conflict'
  | 'lost'
  | 'refused'
  | (() => void)
  | undefined;

/** The fault of a write. */
export function faultOf(fate: Exclude<WriteOutcome, undefined | (() => void)>): ClusterFault {
  switch (fate) {
    case 'crashBefore':
      return { when: 'before', error: new Crash() };
    case 'crashAfter':
      return { when: 'after', error: new Crash() };
    case 'conflict':
      return {
        when: 'before',
        error: new SluiceError('KUBERNETES_CONFLICT', 'somebody was faster', { retry: 'backoff' }),
      };
    case 'lost':
      return {
        when: 'after',
        error: new SluiceError('KUBERNETES_UNAVAILABLE', 'the answer was lost', { retry: 'backoff' }),
      };
    case 'refused':
      return {
        when: 'before',
        error: new SluiceError('KUBERNETES_FORBIDDEN', 'forbidden: no', { retry: 'terminal' }),
      };
  }
}
