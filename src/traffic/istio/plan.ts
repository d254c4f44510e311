import { z } from 'zod';
import type { RoutePlan } from '../context.ts';

/** The original of an HTTP route that a release changes, so that it can be put back exactly. */
const RouteOriginal = z.object({
  /** VirtualService that it is in, where that is not the one of the policy. */
  virtualService: z.string().max(253).optional(),
  /** Position of the HTTP route when it was read. */
  index: z.int().min(0),
  /** Name of the HTTP route. */
  name: z.string().max(253).optional(),
  /** The list of destinations as the user wrote it. */
  destinations: z.array(z.record(z.string(), z.unknown())).max(64),
  /** It stays with stable: the policy does not name it. */
  pinned: z.boolean().optional(),
});
export type RouteOriginal = z.infer<typeof RouteOriginal>;

/** What the Istio router records in a Release. */
export const IstioPlan = z.object({
  /** What the user had written in the routes. */
  routes: z.array(RouteOriginal).max(64),
  /** Further Services over the same pods, whose routes are split, too. */
  moreServices: z.array(z.string().max(253)).max(16).optional(),
});
export type IstioPlan = z.infer<typeof IstioPlan>;

/** A plan of the Istio router. */
export type IstioRoutePlan = RoutePlan<IstioPlan>;
