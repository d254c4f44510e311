import { z } from 'zod';
import type { KubeObject } from '../api/meta.ts';
import { type Release, ReleaseSpec, ReleaseStatus } from '../api/release.ts';
import { type Rollout, RolloutSpec, RolloutStatus } from '../api/rollout.ts';
import type { Problem } from '../release/seen.ts';
import { perObject } from './memo.ts';

/** An object as the schema has it, or what is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly problem: Problem };

function problemOf(kind: string, error: z.ZodError): Problem {
  const issues = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { reason: `Invalid${kind}`, message: issues.slice(0, 5).join('; ') };
}

const RolloutShape = z.object({ spec: RolloutSpec, status: RolloutStatus.optional() });
const ReleaseShape = z.object({ spec: ReleaseSpec, status: ReleaseStatus.optional() });

/** A Rollout with its defaults; parsed once for each version of the object. */
export const parseRollout = perObject((object: KubeObject): Parsed<Rollout> => {
  const parsed = RolloutShape.safeParse(object);
  if (!parsed.success) return { problem: problemOf('Rollout', parsed.error) };
  const { status: _raw, ...rest } = object;
  const status = parsed.data.status === undefined ? {} : { status: parsed.data.status };
  return { value: { ...rest, kind: 'Rollout', spec: parsed.data.spec, ...status } };
});

/** A Release; one whose phase this controller does not know is a problem, never a guess. */
export const parseRelease = perObject((object: KubeObject): Parsed<Release> => {
  const parsed = ReleaseShape.safeParse(object);
  if (!parsed.success) return { problem: problemOf('Release', parsed.error) };
  const { status: _raw, ...rest } = object;
  const status = parsed.data.status === undefined ? {} : { status: parsed.data.status };
  return { value: { ...rest, kind: 'Release', spec: parsed.data.spec, ...status } };
});
