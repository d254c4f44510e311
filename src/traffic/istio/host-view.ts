import type { ServiceKey } from '../service-key.ts';
import type { ObservedRule } from './objects.ts';
import type { Held } from './rule.ts';

/** A Service over the pods of the workload, and the DestinationRules that say something about it. */
export interface HostView {
  readonly service: ServiceKey;
  readonly rules: readonly ObservedRule[];
  readonly held: Held;
  /** Rules of other namespaces that cover the Service for clients there. */
  readonly clientRules: readonly ObservedRule[];
}
