import type { KubeObject } from '../../api/meta.ts';
import type { PatchOperation } from '../../api/values/json-patch.ts';
import { HOLD, type ObservedDeployment } from '../../workload/workload.ts';

const pointer = (key: string): string =>
  `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Operations that take annotations away where they are there. */
export function dropAnnotations(object: KubeObject, ...keys: string[]): PatchOperation[] {
  return keys
    .filter((key) => object.metadata.annotations?.[key] !== undefined)
    .map((key) => ({ op: 'remove', path: pointer(key) }));
}

/** Operations that set one annotation. */
export function setAnnotation(object: KubeObject, key: string, value: string): PatchOperation[] {
  if (object.metadata.annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }];
  return [{ op: 'add', path: pointer(key), value }];
}

/** Operations after which the Deployment goes on by itself. */
export function resumeOperations({ object, paused }: ObservedDeployment): PatchOperation[] {
  const resume: PatchOperation[] = paused ? [{ op: 'replace', path: '/spec/paused', value: false }] : [];
  return [...dropAnnotations(object, HOLD), ...resume];
}

/** Operations that pause the Deployment as the gate does, with the reason for it. */
export function holdOperations(object: KubeObject, reason: string): PatchOperation[] {
  return [{ op: 'add', path: '/spec/paused', value: true }, ...setAnnotation(object, HOLD, reason)];
}
