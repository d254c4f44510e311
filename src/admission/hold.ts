import { GATE, HOLD } from '../api/annotations/annotations.ts';
import { OPT_IN } from '../api/annotations/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { canonical } from '../api/values/canonical.ts';
import { annotationPath } from '../api/values/json-patch.ts';
import { type AdmissionRequest, annotationsOf, type Change, CONTROLLER } from './request.ts';

interface Facts {
  /** Gate and hold before and after; undefined if absent. */
  readonly gate: string | undefined;
  readonly gateAfter: string | undefined;
  readonly hold: string | undefined;
  readonly holdAfter: string | undefined;
  readonly changed: boolean;
  readonly wasPaused: boolean;
  readonly paused: boolean;
}

interface Spec {
  readonly paused?: boolean;
  readonly template?: unknown;
}

const specOf = (object: KubeObject | null): Spec => object?.['spec'] ?? {};

function factsOf({ object, old }: AdmissionRequest): Facts {
  const [before, after] = [annotationsOf(old), annotationsOf(object)];
  const gate = before[GATE];
  const isGated = gate !== undefined;
  return {
    gate,
    gateAfter: after[GATE],
    hold: before[HOLD],
    holdAfter: after[HOLD],
    changed: isGated && canonical(specOf(object).template) !== canonical(specOf(old).template),
    wasPaused: isGated && specOf(old).paused === true,
    paused: specOf(object).paused === true,
  };
}

const isPausing = ({ changed, wasPaused, paused }: Facts): boolean => !paused && (changed || wasPaused);

/**
 * The mark that the Deployment should have. The API server may ask again with the object as answered before: then it is
 * already paused and marked, and must stay so.
 */
function holdAfter(facts: Facts): string | undefined {
  const { gate, hold, changed, wasPaused, paused } = facts;
  if (gate === undefined || !(paused || isPausing(facts))) return undefined;
  if (hold !== undefined) return hold;
  const isMarked = (changed || wasPaused) && facts.holdAfter !== undefined;
  if (!isPausing(facts) && !isMarked) return undefined;
  return changed ? 'newer-template' : 'resumed';
}

/** Sets an annotation to `wanted`, regardless of what was sent. */
function keep(key: string, wanted: string | undefined, sent: string | undefined): Change[] {
  if (wanted === sent) return [];
  const path = annotationPath(key);
  return wanted === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value: wanted }];
}

/**
 * Holds a Deployment under the gate, in the very write that changes its template: the same as the policy in
 * `manifests/admission/hold.yaml`, whose head comment states the rules.
 */
export function holdOf(ask: AdmissionRequest): Change[] {
  const { user, object } = ask;
  const facts = factsOf(ask);
  const isOut = facts.gate !== undefined && annotationsOf(object)[OPT_IN] === 'off';
  if (user === CONTROLLER || isOut) return [];
  const needsMap = facts.gate !== undefined && object.metadata.annotations === undefined;
  return [
    ...(isPausing(facts) ? [{ op: 'add', path: '/spec/paused', value: true } as const] : []),
    ...(needsMap ? [{ op: 'add', path: '/metadata/annotations', value: {} } as const] : []),
    ...keep(GATE, facts.gate, facts.gateAfter),
    ...keep(HOLD, holdAfter(facts), facts.holdAfter),
  ];
}
