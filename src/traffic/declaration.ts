import type { z } from 'zod';
import type { AnnotationKind } from '../api/annotations/kinds.ts';
import type { KubeObject } from '../api/meta.ts';

/** The operator's settings of the data plane, by flags. */
export interface RouterSettings {
  /** Namespace of mesh-wide objects. */
  readonly rootNamespace: string;
  /** Maximum time for which istiod gathers changes into one push, milliseconds. */
  readonly istiodDebounceMax: number;
}

/** A kind of object that a router reads, as the API server addresses it. */
export interface WatchedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Default: namespaced. */
  readonly scope?: 'Cluster';
  /** What a router does besides reading: it changes fields of the user's objects, or also has its own objects. */
  readonly writes?: 'fields' | 'objects';
  /** Optional: without it, what needs it reports that. */
  readonly optional?: true;
  /** What gives the controller the rights to write, where not every installation has them: the fix, for people. */
  readonly grantedBy?: string;
  /** An additional namespace whose objects concern every workload. */
  readonly alsoIn?: (settings: RouterSettings) => string;
  /** Services of other namespaces that an object names (`serviceKey`), and `ANY_SERVICE` for all of them. */
  readonly foreignServices?: (object: KubeObject) => readonly string[];
  /** The field of `spec` with the routes: its last writer is kept, and named if routes are contested. */
  readonly routesField?: string;
}

/** The namespace that objects of a kind have for a workload in one; empty for a kind without namespaces. */
export function namespaceFor({ scope }: Pick<WatchedKind, 'scope'>, namespace: string): string {
  return scope === 'Cluster' ? '' : namespace;
}

/** An annotation of a Deployment for a field of `spec.traffic.NAME`. */
export interface RouterAnnotation extends AnnotationKind {
  readonly field: string;
}

/** Capabilities of a router. */
export interface Supported {
  /** Percentages of all requests. `pods`: no route tells versions apart, so that each gets the share of its ready pods. */
  readonly weights: boolean | 'pods';
  /** Requests chosen by their headers. */
  readonly matches: boolean;
  /** Copies of requests. */
  readonly mirror: boolean;
  /** A client stays with the same version. */
  readonly sticky: boolean;
}

/** The declaration of a router. Schema, CRDs, RBAC rules, watches, annotations and the `doctor` follow from it. */
export interface RouterDeclaration<Spec = unknown, Data = unknown> {
  /** Its field in `spec.traffic`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** The description of its field, for the reference. */
  readonly description: string;
  /** Schema of its field. */
  readonly spec: z.ZodType<Spec>;
  /** Schema of what it records in a Release (`status.plan.data`). */
  readonly plan: z.ZodType<Data>;
  /** Kinds that it reads, beside Services. */
  readonly watches: readonly WatchedKind[];
  readonly supports: Supported;
  /** The fix if its kinds are missing. */
  readonly install: string;
  /** The fix if no object routes to a workload. */
  readonly create: string;
  /** Annotations for its fields; none may be another router's. */
  readonly annotations: readonly RouterAnnotation[];
  /** The default spec of a workload by annotations. */
  annotated(workload: string): Readonly<Record<string, unknown>>;
  /** Services whose Deployments the router reads beside its kinds: the workloads of the data plane. Default: none. */
  deploymentsBehind?(spec: Spec): readonly string[];
  /** How changes come into force. */
  propagation(settings: RouterSettings): Propagation;
  /** The object that a spec names, for people: `VirtualService model`. */
  subject(spec: Spec): string;
}

/** How changes come into force in a data plane. */
export interface Propagation {
  /** Maximum time for which changes are gathered before they are applied, milliseconds. */
  readonly gatherMs: number;
}
