import type { KubeObject } from '../api/meta.ts';

/** The controller's own user, as the admission policies name it too. */
export const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';

/** A write under admission. */
export interface AdmissionRequest {
  /** Name of the user who writes. */
  readonly user: string;
  /** The object after the write. */
  readonly object: KubeObject;
  /** The object before the write; null if it is created. */
  readonly old: KubeObject | null;
}

/** A change that admission makes: one operation of a JSON patch (RFC 6902). */
export interface Change {
  readonly op: 'add' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** The changes that a write needs. Pure and total. */
export type Decision = (ask: AdmissionRequest) => Change[];

export const annotationsOf = (object: KubeObject | null): Readonly<Record<string, string>> =>
  object?.metadata.annotations ?? {};
