import type { ServiceKey } from '../../service-key.ts';
import type { ObservedRule } from '../objects.ts';
import type { Held } from './rule.ts';

/** A Service that selects the pods of the workload, and the DestinationRules about it. */
export interface HostView {
  readonly service: ServiceKey;
  readonly rules: readonly ObservedRule[];
  readonly held: Held;
  /** Rules of other namespaces that cover the Service for their clients. */
  readonly clientRules: readonly ObservedRule[];
}
