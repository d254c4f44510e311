import { APPROVE, APPROVED_BY } from '../api/rollout/approval.ts';
import { annotationPath } from '../api/values/json-patch.ts';
import { type AdmissionRequest, annotationsOf, type Change } from './request.ts';

/**
 * Records who set the approving annotation: the same as the mutating policy in
 * `manifests/admission/approve-in-git.yaml`. The name stays as long as the annotation does.
 */
export function approvedByOf({ user, object, old }: AdmissionRequest): Change[] {
  const [before, after] = [annotationsOf(old), annotationsOf(object)];
  const path = annotationPath(APPROVED_BY);
  if (after[APPROVE] === undefined) return after[APPROVED_BY] === undefined ? [] : [{ op: 'remove', path }];
  const known = (before[APPROVE] ?? '') === after[APPROVE] ? before[APPROVED_BY] : undefined;
  const by = known ?? user;
  return after[APPROVED_BY] === by ? [] : [{ op: 'add', path, value: by }];
}
