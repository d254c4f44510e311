import { APPROVE, APPROVED_BY } from '../api/approval.ts';
import { type Ask, annotationPath, annotationsOf, type Change } from './ask.ts';

/**
 * Records who set the approving annotation: the same as the mutating policy in
 * `manifests/admission/approve-in-git.yaml`. The name stays as long as the annotation does.
 */
export function approvedByOf({ user, object, old }: Ask): Change[] {
  const [before, after] = [annotationsOf(old), annotationsOf(object)];
  const path = annotationPath(APPROVED_BY);
  if (after[APPROVE] === undefined) return after[APPROVED_BY] === undefined ? [] : [{ op: 'remove', path }];
  const known = (before[APPROVE] ?? '') === after[APPROVE] ? before[APPROVED_BY] : undefined;
  const by = known ?? user;
  return after[APPROVED_BY] === by ? [] : [{ op: 'add', path, value: by }];
}
