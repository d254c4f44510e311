import { z } from 'zod';
import { listMap, matching } from './rules.ts';

/** API group and version of all our kinds. */
export const GROUP = 'sluice.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** An entry of `managedFields`, as far as we read it: who wrote which fields. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
  /** Kept in place of its fields: whether it wrote the routes of a VirtualService. */
  readonly routes?: true;
}

/** The part of Kubernetes' ObjectMeta that we read. Objects are kept as raw JSON, so nothing else is lost. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: readonly ManagedFields[];
}

/** Any Kubernetes object as raw JSON. Unknown fields pass through reads and writes untouched. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** RFC 3339 time as the API server keeps it. */
export const Timestamp = z.iso.datetime({ offset: true });

/** A name that Kubernetes accepts for an object. */
export const NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
export const ObjectName = matching(
  NAME_PATTERN,
  253,
  'must be the name of an object: write lower-case letters, digits, "-" and "."',
);

/** A standard Kubernetes condition. */
export const Condition = z.object({
  type: z.string().max(64).describe('What the condition is about, for example Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().max(64).describe('One word for a program and for the troubleshooting table.'),
  message: z.string().max(2048).describe('One sentence for a person: the state, its cause, and what to do.'),
  lastTransitionTime: Timestamp.describe('When the status last changed.'),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('The generation of the spec that this was judged by.'),
});
export type Condition = z.infer<typeof Condition>;

/** Conditions, one of each type. */
export const Conditions = z.array(Condition).max(16).meta(listMap('type'));
