import type { KubeObject } from '../../../src/api/meta.ts';
import { ifUnchanged, type PatchOperation } from '../../../src/api/values/json-patch.ts';
import { asObject, asString } from '../../../src/traffic/json.ts';

/** Percent of the requests, by `pod-template-hash`. */
export type WeightsByHash = Readonly<Record<string, number>>;

/** Annotation with the Rollout whose release has written the weights. */
export const OWNER = 'example.dev/rollout';

const OWNER_PATH = `/metadata/annotations/${OWNER.replace('/', '~1')}`;

/** The Service that an object is about. */
export const serviceOf = ({ spec }: KubeObject): string => asString(asObject(spec)['service']) ?? '';

/** The weights that are written; null where all pods of the Service share the requests. */
export const weightsOf = ({ spec }: KubeObject): WeightsByHash | null =>
  (asObject(spec)['weights'] as WeightsByHash | undefined) ?? null;

/** The Rollout that has written them. */
export const ownerOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[OWNER];

/** Guarded operations that write weights, or take them away. */
export function patchTo(
  object: KubeObject,
  weights: WeightsByHash | null,
  rollout: string,
): readonly PatchOperation[] {
  const { annotations } = object.metadata;
  if (weights !== null)
    return [
      ifUnchanged(object),
      { op: 'add', path: '/spec/weights', value: weights },
      ...(annotations === undefined
        ? [{ op: 'add', path: '/metadata/annotations', value: { [OWNER]: rollout } } as const]
        : [{ op: 'add', path: OWNER_PATH, value: rollout } as const]),
    ];
  const isLast = Object.keys(annotations ?? {}).length === 1;
  return [
    ifUnchanged(object),
    ...(weightsOf(object) === null ? [] : [{ op: 'remove', path: '/spec/weights' } as const]),
    ...(annotations?.[OWNER] === undefined
      ? []
      : [{ op: 'remove', path: isLast ? '/metadata/annotations' : OWNER_PATH } as const]),
  ];
}
