import { z } from 'zod';
import type { RouteContext, RoutePlan } from '../context.ts';
import { backendKey } from './services/backend.ts';
import type { GatewayTraffic } from './spec.ts';

/** Kinds of routes whose backends have weights. */
export const ROUTE_KINDS = ['HTTPRoute', 'GRPCRoute'] as const;

/** Maximum number of rules of one workload that are managed. */
export const MOST_RULES = 64;
/** Maximum number of further Services of one workload that are split. */
export const MOST_SERVICES = 8;

/** A rule to the workload, as the user wrote its backends. */
export const RuleOriginal = z.object({
  kind: z.enum(ROUTE_KINDS),
  route: z.string().max(253),
  /** Position of the rule when it was read. */
  index: z.int().min(0),
  /** Name of the rule. */
  name: z.string().max(253).optional(),
  /** Digest of the rule without its backends: rules need not have names. */
  rest: z.string().max(64),
  /** `backendRefs` as the user wrote them. */
  refs: z.array(z.record(z.string(), z.unknown())).max(16),
  /** It stays with stable: it appeared in mid-release. */
  pinned: z.boolean().optional(),
});
export type RuleOriginal = z.infer<typeof RuleOriginal>;

/** What the Gateway API router records in a Release. */
export const GatewayPlan = z.object({
  /** The rules to the workload. */
  rules: z.array(RuleOriginal).max(MOST_RULES),
  /** Further Services over the same pods to which rules go. */
  moreServices: z.array(z.string().max(253)).max(MOST_SERVICES).optional(),
  /** The pods are behind an InferencePool, whose name the plan has in place of that of a Service. */
  pool: z.literal(true).optional(),
});
export type GatewayPlan = z.infer<typeof GatewayPlan>;

/** A plan of the Gateway API router. */
export type GatewayRoutePlan = RoutePlan<GatewayPlan>;

/** Keys of the backends that a plan splits; the first is that whose requests are measured. */
export function splitBackends({ service, data }: GatewayRoutePlan): readonly string[] {
  const first = data.pool === true ? backendKey({ kind: 'InferencePool', name: service }) : service;
  return [first, ...(data.moreServices ?? [])];
}
/** The input of the Gateway API router. */
export type GatewayContext = RouteContext<GatewayTraffic, GatewayPlan>;
