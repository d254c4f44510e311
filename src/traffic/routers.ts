import { z } from 'zod';
import type { Traffic } from '../api/rollout/rollout.ts';
import { rules } from '../api/rules.ts';
import type { RouterAnnotation, RouterDeclaration, WatchedKind } from './declaration.ts';

/** A mistake in a field of `spec.traffic`. */
export interface TrafficFault {
  /** Of the field, below `spec.traffic`. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A router with its part of a policy, or the mistakes in that. */
export type Chosen<R> =
  | {
      readonly router: R;
      /** The value of its field. */
      readonly spec: unknown;
      /** The whole, with defaults. */
      readonly traffic: Traffic;
    }
  | { readonly faults: readonly TrafficFault[] };

/** All routers, and what follows from their declarations. */
export interface Routers<R extends RouterDeclaration = RouterDeclaration> {
  readonly all: readonly R[];
  /** Kinds that any of them reads, each once. */
  readonly watches: readonly WatchedKind[];
  readonly annotations: readonly RouterAnnotation[];
  /** Schema of `spec.traffic`. */
  readonly schema: z.ZodType<Traffic>;
  /** Which router a policy names, or that of a policy without one. Read once for each policy in memory. */
  choose(traffic: Traffic | undefined): Chosen<R>;
  /** `spec.traffic` of a Deployment, from its annotations, by router and field. Without any, it is the first router. */
  annotated(workload: string, given: Readonly<Record<string, object>>): Traffic;
}

function schemaOf(all: readonly RouterDeclaration[]): z.ZodType<Traffic> {
  const names = all.map(({ name }) => name);
  const message = `must name exactly one router: write ${[names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ')}`;
  const given = names.map((name) => `has(self.${name})`).join(', ');
  return z
    .object(
      Object.fromEntries(
        all.map(({ name, spec, description }) => [name, spec.optional().describe(description)]),
      ),
    )
    .refine((traffic) => Object.values(traffic).filter((one) => one !== undefined).length === 1, message)
    .meta(rules({ rule: `[${given}].exists_one(given, given)`, message }));
}

function watchesOf(all: readonly RouterDeclaration[]): readonly WatchedKind[] {
  const kinds = new Map(all.flatMap(({ watches }) => watches.map((watch) => [watch.kind, watch] as const)));
  return [...kinds.values()];
}

/** The router of a valid policy. Throws if it names none: a programming error. */
export function routerOf<R extends RouterDeclaration>(
  routers: Pick<Routers<R>, 'choose'>,
  traffic: Traffic | undefined,
): { readonly router: R; readonly spec: unknown } {
  const chosen = routers.choose(traffic);
  if ('faults' in chosen) throw new TypeError(`no router: ${JSON.stringify(traffic)}`);
  return chosen;
}

/** `pods` if the router of a valid policy tells no versions apart; undefined if it has weights. */
export function sharesOf(routers: Pick<Routers, 'choose'>, traffic: Traffic | undefined): 'pods' | undefined {
  return routerOf(routers, traffic).router.supports.weights === 'pods' ? 'pods' : undefined;
}

/** What a policy without a router comes to (`rollingUpdate`). */
export const NO_ROUTER: Traffic = { none: {} };

/** Combines routers. */
export function createRouters<R extends RouterDeclaration>(all: readonly [R, ...R[]]): Routers<R> {
  const schema = schemaOf(all);
  const chosen = new WeakMap<Traffic, Chosen<R>>();
  const read = (traffic: Traffic): Chosen<R> => {
    const parsed = schema.safeParse(traffic);
    if (!parsed.success) return { faults: parsed.error.issues };
    const router = all.find(({ name }) => parsed.data[name] !== undefined) ?? all[0];
    return { router, spec: parsed.data[router.name], traffic: parsed.data };
  };
  return {
    all,
    schema,
    watches: watchesOf(all),
    annotations: all.flatMap(({ annotations }) => annotations),
    choose: (traffic = NO_ROUTER) => {
      const known = chosen.get(traffic) ?? read(traffic);
      chosen.set(traffic, known);
      return known;
    },
    annotated: (workload, given) => {
      const named = all.filter(({ name }) => name in given);
      const routers = named.length === 0 ? [all[0]] : named;
      return Object.fromEntries(
        routers.map((router) => [router.name, { ...router.annotated(workload), ...given[router.name] }]),
      );
    },
  };
}
