import { z } from 'zod';
import { perObject } from '../api/memo.ts';
import type { KubeObject } from '../api/meta.ts';
import { isPlace, placeOf } from '../api/places.ts';
import type { Problem } from '../api/problem.ts';
import { type Release, ReleaseSpec, ReleaseStatus } from '../api/release.ts';
import { type Rollout, RolloutSpec, RolloutStatus } from '../api/rollout.ts';
import { MACHINE_VERSION } from './machine.ts';
import { withCurrentNames } from './status/stage-names.ts';

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

function unknownPlace({ phase, stage, machineVersion }: ReleaseStatus): Problem | null {
  if (machineVersion <= MACHINE_VERSION && isPlace(phase, stage)) return null;
  const place = placeOf(phase, stage);
  return {
    reason: 'UnknownPhase',
    message: `status.phase: this controller does not know ${place} of machine version ${machineVersion}: a newer controller wrote it. Nothing is changed until such a controller runs; upgrade this one`,
  };
}

/** A Release; one in a place that this controller does not know is a problem, never a guess. */
export const parseRelease = perObject((object: KubeObject): Parsed<Release> => {
  const parsed = ReleaseShape.safeParse(object);
  if (!parsed.success) return { problem: problemOf('Release', parsed.error) };
  const { status: _raw, ...rest } = object;
  const { spec } = parsed.data;
  const status = parsed.data.status && withCurrentNames(parsed.data.status);
  const problem = status === undefined ? null : unknownPlace(status);
  if (problem !== null) return { problem };
  return { value: { ...rest, kind: 'Release', spec, ...(status === undefined ? {} : { status }) } };
});

/** The Rollout that an object says it is a Release of, be it readable or not. */
export function rolloutOfRelease(object: KubeObject): string | undefined {
  const { rollout } = (object['spec'] ?? {}) as { rollout?: unknown };
  if (typeof rollout === 'string') return rollout;
  return object.metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout')?.name;
}
