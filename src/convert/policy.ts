import { API_VERSION, type KubeObject, type ObjectMeta } from '../api/meta.ts';
import { compact } from './output.ts';
import { spanText } from './values/duration.ts';

/** A step of a policy. */
export type Step = Readonly<Record<string, unknown>> & { readonly bakeMs?: number };

/** How requests come to the workload. */
export interface Traffic {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Weights of routes, which can choose and copy requests as well; else the number of pods is the share. */
  readonly hasRoutes: boolean;
  /** It can keep clients with a version. */
  readonly isIstio: boolean;
}

/** A template that a policy uses. */
export interface TemplateUse {
  readonly kind: string;
  readonly name: string;
  readonly args?: readonly object[];
  readonly only?: readonly string[];
}

/** A policy that is being put together. */
export interface Policy {
  readonly target: string;
  readonly traffic: Traffic | null;
  readonly steps: readonly Step[];
  /** In place of steps. */
  readonly pace?: Readonly<Record<string, unknown>>;
  readonly templates: readonly TemplateUse[];
  readonly bounds?: readonly object[];
  readonly gates: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly notifications?: readonly object[];
  readonly startMs?: number | undefined;
}

const HOUR = 3_600_000;

function stepOf({ bakeMs = 0, ...step }: Step): object {
  return { ...step, ...(bakeMs > 0 && { bake: spanText(bakeMs) }) };
}

/** A step has an hour for its evidence beyond the time that it takes in any case. */
function deadlinesOf({ steps, startMs }: Policy, longestMs: number): object | undefined {
  const bake = Math.max(longestMs, ...steps.map(({ bakeMs = 0 }) => bakeMs));
  const fields = compact({
    start: startMs === undefined ? undefined : spanText(startMs),
    step: bake > HOUR / 2 ? spanText(bake + HOUR) : undefined,
  });
  return Object.keys(fields).length > 0 ? fields : undefined;
}

/** The Rollout of a policy. `longestMs` is the longest time that a pace of its own takes. */
export function rolloutOf(metadata: ObjectMeta, policy: Policy, longestMs = 0): KubeObject {
  const { target, traffic, steps, pace, templates, bounds, gates, notifications } = policy;
  return {
    apiVersion: API_VERSION,
    kind: 'Rollout',
    metadata,
    spec: compact({
      target: { kind: 'Deployment', name: target },
      traffic: traffic?.spec,
      steps: pace === undefined && steps.length > 0 ? steps.map(stepOf) : undefined,
      ...pace,
      analysis: compact({
        templates,
        bounds: bounds === undefined || bounds.length === 0 ? undefined : bounds,
      }),
      approval: gates.length > 0 ? { at: [...new Set(gates)].slice(0, 24) } : undefined,
      notifications: notifications === undefined || notifications.length === 0 ? undefined : notifications,
      deadlines: deadlinesOf(policy, longestMs),
      ...policy.fields,
    }),
  };
}
