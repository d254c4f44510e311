import type { KubeObject } from '../../../api/meta.ts';
import { type KindObjects, ofKind } from '../../context.ts';
import { asString, type Json } from '../../json.ts';

/** Kinds of backends that are split. */
export const BACKEND_KINDS = ['Service', 'InferencePool'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** Group of InferencePools. */
export const POOL_GROUP = 'inference.networking.k8s.io';

/** Their only version that is split. */
export const POOL_VERSION = `${POOL_GROUP}/v1`;

const POOL = 'InferencePool/';

/** A backend by kind and name, as one text: that of a Service is its name. */
export function backendKey({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === 'InferencePool' ? `${POOL}${name}` : name;
}

/** The kind of a backend. */
export const kindOfKey = (key: string): BackendKind => (key.startsWith(POOL) ? 'InferencePool' : 'Service');

/** Whether a backend is an InferencePool. */
export const isPool = (key: string): boolean => kindOfKey(key) === 'InferencePool';

/** The name of a backend. */
export const nameOfKey = (key: string): string => (isPool(key) ? key.slice(POOL.length) : key);

/** A backend in a message: `Service model`. */
export const titleOfKey = (key: string): string => `${kindOfKey(key)} ${nameOfKey(key)}`;

/** The key of an object that is one of the kinds of backends. */
export const keyOfObject = ({ kind, metadata: { name } }: KubeObject): string => backendKey({ kind, name });

/** All objects that may be backends, Services first. */
export function backendsIn(objects: KindObjects | undefined): readonly KubeObject[] {
  return BACKEND_KINDS.flatMap((kind) => ofKind(objects, kind));
}

/** The backend of a namespace that an entry of a rule names; undefined if it is another kind or elsewhere. */
export function backendOf(ref: Json, namespace: string): string | undefined {
  const { group = '', kind = 'Service' } = ref;
  const name = asString(ref['name']);
  const isHere = (asString(ref['namespace']) ?? namespace) === namespace;
  if (name === undefined || !isHere) return undefined;
  if (group === '' && kind === 'Service') return name;
  return group === POOL_GROUP && kind === 'InferencePool' ? backendKey({ kind, name }) : undefined;
}
