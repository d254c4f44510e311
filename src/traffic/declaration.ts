import type { z } from 'zod';
import type { AnnotationKind } from '../api/annotations/kinds.ts';
import type { KubeObject } from '../api/meta.ts';

/** What the operator has told of the data plane, by flags. */
export interface RouterSettings {
  /** Namespace of mesh-wide objects. */
  readonly rootNamespace: string;
  /** Longest time over which istiod gathers changes into one push, milliseconds. */
  readonly istiodDebounceMax: number;
}

/** A kind of object that a router reads, as the API server addresses it. */
export interface WatchedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Default: its objects are in namespaces. */
  readonly scope?: 'Cluster';
  /** What a router does beside reading: it changes fields of the user's objects, or has objects of its own, too. */
  readonly writes?: 'fields' | 'objects';
  /** Need not be installed: without it, what needs it says so. */
  readonly optional?: true;
  /** A namespace beside that of the workload whose objects concern every workload. */
  readonly alsoIn?: (settings: RouterSettings) => string;
  /** Services of other namespaces that an object names (`serviceKey`), and `ANY_SERVICE` for all of them. */
  readonly foreignServices?: (object: KubeObject) => readonly string[];
  /** The field of `spec` with the routes: who has written it last is kept, and named where routes are contested. */
  readonly routesField?: string;
}

/** An annotation of a Deployment that stands for a field of `spec.traffic.NAME`. */
export interface RouterAnnotation extends AnnotationKind {
  readonly field: string;
}

/** What a router can do. */
export interface Supported {
  /** Shares of all requests. */
  readonly weights: boolean;
  /** Requests chosen by their headers. */
  readonly matches: boolean;
  /** Copies of requests. */
  readonly mirror: boolean;
  /** The same client stays with the same version. */
  readonly sticky: boolean;
}

/** What a router says of itself. Schema, CRDs, RBAC rules, watches, annotations and the `doctor` follow from it. */
export interface RouterDeclaration<Spec = unknown, Data = unknown> {
  /** Its field in `spec.traffic`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What its field is, for the reference. */
  readonly description: string;
  /** Schema of its field. */
  readonly spec: z.ZodType<Spec>;
  /** Schema of what it records in a Release (`status.plan.data`). */
  readonly plan: z.ZodType<Data>;
  /** Kinds that it reads, beside Services. */
  readonly watches: readonly WatchedKind[];
  readonly supports: Supported;
  /** What to do where its kinds are missing. */
  readonly install: string;
  /** What to do where no object routes to a workload. */
  readonly create: string;
  /** Annotations for its fields; none may be another router's. */
  readonly annotations: readonly RouterAnnotation[];
  /** The spec of a workload whose annotations name no field of it. */
  annotated(workload: string): Readonly<Record<string, unknown>>;
  /** How changes come into force. */
  propagation(settings: RouterSettings): Propagation;
  /** The object that a spec names, for people: `VirtualService model`. */
  subject(spec: Spec): string;
}

/** How changes come into force in a data plane. */
export interface Propagation {
  /** Longest time over which changes are gathered before any of them is passed on, milliseconds. */
  readonly gatherMs: number;
}
