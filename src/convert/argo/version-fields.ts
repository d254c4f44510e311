import type { Field } from '../ledger/ledger.ts';

/** Refuses what makes the pods of the versions different beside their template. */
export function refuseVersionFields(strategy: Field, ...metadata: readonly string[]): void {
  for (const key of metadata)
    strategy
      .at(key)
      .refuse(
        'versions are distinguished by pod-template-hash; labels that change while they run have no counterpart',
      );
  strategy.at('antiAffinity').refuse('write podAntiAffinity in the pod template');
}
