import type { KubeObject } from '../../api/meta.ts';
import { annotationPath, type PatchOperation } from '../../api/values/json-patch.ts';
import { HOLD, type ObservedDeployment } from '../../workload/workload.ts';

/** Operations that remove annotations if present. */
export function dropAnnotations(object: KubeObject, ...keys: string[]): PatchOperation[] {
  return keys
    .filter((key) => object.metadata.annotations?.[key] !== undefined)
    .map((key) => ({ op: 'remove', path: annotationPath(key) }));
}

/** Operations that set one annotation. */
export function setAnnotation(object: KubeObject, key: string, value: string): PatchOperation[] {
  if (object.metadata.annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }];
  return [{ op: 'add', path: annotationPath(key), value }];
}

/** Operations that resume the Deployment. */
export function resumeOperations({ object, paused }: ObservedDeployment): PatchOperation[] {
  const resume: PatchOperation[] = paused ? [{ op: 'replace', path: '/spec/paused', value: false }] : [];
  return [...dropAnnotations(object, HOLD), ...resume];
}

/** Operations that pause the Deployment as the gate does, with the reason for it. */
export function holdOperations(object: KubeObject, reason: string): PatchOperation[] {
  return [{ op: 'add', path: '/spec/paused', value: true }, ...setAnnotation(object, HOLD, reason)];
}
