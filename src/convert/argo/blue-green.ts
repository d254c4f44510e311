import type { Field, Ledger } from '../ledger/ledger.ts';
import type { Settings } from '../output.ts';
import type { Traffic } from '../policy.ts';
import { trafficBy } from '../routes.ts';
import { spanText } from '../values/duration.ts';
import type { Library } from './library.ts';
import { refuseVersionFields } from './version-fields.ts';

/** A release in one step. */
export interface BlueGreen {
  readonly traffic: Traffic;
  readonly pace: Readonly<Record<string, unknown>>;
  readonly gates: readonly string[];
  /** How long the old pods stay, milliseconds. */
  readonly delayMs: number;
}

const NO_ROUTE =
  'blue/green changes routes in one step, and a plain Service has none: put a VirtualService or an HTTPRoute in front of it, and name it with --route VirtualService/NAME or HTTPRoute/NAME';

/** Reads a blue/green strategy; null where no route leads to the workload. */
export function blueGreenOf(
  field: Field,
  ledger: Ledger,
  settings: Settings,
  library: Library,
): BlueGreen | null {
  const active = field.at('activeService').text();
  const traffic = trafficBy(settings, active);
  const automatic = field.at('autoPromotionEnabled').flag();
  const delay = field.at('scaleDownDelaySeconds').number();
  field
    .at('previewService')
    .remark(
      'the preview is a host of its own (blueGreen.preview.host), or a match on a header or a cookie (blueGreen.preview.match): no Service is needed',
    );
  field
    .at('previewReplicaCount')
    .refuse('all new pods run before the switch: leave room for them, or release by weights');
  field
    .at('autoPromotionSeconds')
    .refuse(
      'a gate does not open by itself: approve it (sluice approve), or leave it out for a switch once all pods are ready and checked',
    );
  field.at('scaleDownDelayRevisionLimit').remark('one old version is kept, that which served before');
  field.at('abortScaleDownDelaySeconds').remark('after an abort the pods stay for spec.drain');
  refuseVersionFields(field, 'activeMetadata', 'previewMetadata');
  field.at('maxUnavailable').remark('all pods of the new version run before the switch');
  for (const key of ['prePromotionAnalysis', 'postPromotionAnalysis'])
    if (field.at(key).isGiven) library.take(field.at(key));
  if (traffic === null) {
    field.refuse(NO_ROUTE);
    ledger.refuse(`${NO_ROUTE}; no Rollout is written`);
    return null;
  }
  field
    .at('activeService')
    .remark('is the Service of the workload; its selector no longer names a version', 'spec.traffic');
  field.at('autoPromotionEnabled').keep('spec.approval.at');
  field.at('scaleDownDelaySeconds').keep('spec.blueGreen.scaleDownDelay');
  const delayMs = Math.max(1, delay ?? 30) * 1_000;
  return {
    traffic,
    pace: { blueGreen: { scaleDownDelay: spanText(delayMs) } },
    gates: automatic === false ? ['switch'] : [],
    delayMs,
  };
}
