import { z } from 'zod';
import type { Change, Decision } from '../../admission/request.ts';
import type { KubeObject } from '../../api/meta.ts';

const Named = z
  .looseObject({ metadata: z.looseObject({}) })
  .transform((value) => value as object as KubeObject);

/** The part of an AdmissionReview (admission.k8s.io/v1) that we read. */
const Review = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  request: z.object({
    uid: z.string().min(1).max(256),
    userInfo: z.object({ username: z.string() }),
    object: Named,
    oldObject: Named.nullish(),
  }),
});

function answer(uid: string, changes: readonly Change[]): object {
  const patch = Buffer.from(JSON.stringify(changes)).toString('base64');
  const response = { uid, allowed: true, ...(changes.length > 0 && { patchType: 'JSONPatch', patch }) };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

/** The answer to an AdmissionReview, as JSON; null if the text is not one. */
export function reviewed(body: string, decide: Decision): string | null {
  const read = Review.safeParse(jsonOf(body));
  if (!read.success) return null;
  const { uid, userInfo, object, oldObject } = read.data.request;
  const changes = decide({ user: userInfo.username, object, old: oldObject ?? null });
  return JSON.stringify(answer(uid, changes));
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
