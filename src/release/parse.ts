import { z } from 'zod';
import { perObject } from '../api/memo.ts';
import type { KubeObject } from '../api/meta.ts';
import { isPlace, placeOf } from '../api/release/places.ts';
import { type Release, ReleaseSpec, ReleaseStatus } from '../api/release/release.ts';
import { type Policy, type Rollout, RolloutSpec, RolloutStatus } from '../api/rollout/rollout.ts';
import type { Routers } from '../traffic/routers.ts';
import { isFinal, MACHINE_VERSION } from './machine.ts';
import type { Problem } from './reasons/catalogue.ts';
import { withCurrentPlan } from './status/recorded-plan.ts';
import { withCurrentNames } from './status/stage-names.ts';

/** A parsed object, or what is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly problem: Problem };

function problemOf(kind: 'Rollout' | 'Release', error: z.ZodError): Problem {
  const issues = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { reason: `Invalid${kind}`, message: issues.slice(0, 5).join('; ') };
}

const RolloutShape = z.object({ spec: RolloutSpec, status: RolloutStatus.optional() });
const ReleaseShape = z.object({ spec: ReleaseSpec, status: ReleaseStatus.optional() });

/** Checks whether a policy names a router with valid fields. */
export type TrafficReader = Pick<Routers, 'choose'>;

/** What is wrong with the traffic of a policy, or null. */
export function trafficProblem(
  kind: 'Rollout' | 'Release',
  { traffic }: Pick<Policy, 'traffic'>,
  routers: TrafficReader,
): Problem | null {
  const chosen = routers.choose(traffic);
  if (!('faults' in chosen)) return null;
  const at = kind === 'Rollout' ? 'spec.traffic' : 'spec.policy.traffic';
  const messages = chosen.faults.map(({ path, message }) => `${[at, ...path].join('.')}: ${message}`);
  return { reason: `Invalid${kind}`, message: messages.slice(0, 5).join('; ') };
}

const readRollout = perObject((object: KubeObject): Parsed<Rollout> => {
  const parsed = RolloutShape.safeParse(object);
  if (!parsed.success) return { problem: problemOf('Rollout', parsed.error) };
  const { status: _raw, ...rest } = object;
  const status = parsed.data.status === undefined ? {} : { status: parsed.data.status };
  return { value: { ...rest, kind: 'Rollout', spec: parsed.data.spec, ...status } };
});

/** Releases that have ended are only read, so those of a newer controller do not keep an older one from releasing. */
function unknownPlace({ phase, stage, machineVersion }: ReleaseStatus): Problem | null {
  if ((machineVersion <= MACHINE_VERSION || isFinal(phase)) && isPlace(phase, stage)) return null;
  const place = placeOf(phase, stage);
  return {
    reason: 'UnknownPhase',
    message: `status.phase: this controller does not know ${place} of machine version ${machineVersion}: a newer controller wrote it. Nothing is changed until such a controller runs; upgrade this one`,
  };
}

/** A Rollout with its defaults; parsed once for each version of the object. */
export function parseRollout(object: KubeObject, routers: TrafficReader): Parsed<Rollout> {
  const parsed = readRollout(object);
  const problem = 'value' in parsed ? trafficProblem('Rollout', parsed.value.spec, routers) : null;
  return problem === null ? parsed : { problem };
}

/** A Release; an unknown place is a problem, never a guess. */
export const parseRelease = perObject((object: KubeObject): Parsed<Release> => {
  const parsed = ReleaseShape.safeParse(object);
  if (!parsed.success) return { problem: problemOf('Release', parsed.error) };
  const { status: _raw, ...rest } = object;
  const { spec } = parsed.data;
  const known = parsed.data.status && withCurrentNames(parsed.data.status);
  const problem = known === undefined ? null : unknownPlace(known);
  if (problem !== null) return { problem };
  const status = known && withCurrentPlan(known, spec.policy);
  return { value: { ...rest, kind: 'Release', spec, ...(status === undefined ? {} : { status }) } };
});

/** What a router has against the plan that a Release has recorded, or null. */
export function planProblem({ spec, status }: Release, routers: TrafficReader): Problem | null {
  const chosen = routers.choose(spec.policy.traffic);
  if (status?.plan === undefined || 'faults' in chosen) return null;
  const { name, plan } = chosen.router;
  if (status.plan.router !== name) {
    const message = `status.plan.router: ${status.plan.router} is not the router of the policy, ${name}`;
    return { reason: 'InvalidRelease', message };
  }
  const parsed = plan.safeParse(status.plan.data);
  if (parsed.success) return null;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${['status.plan.data', ...path].join('.')}: ${message}`,
  );
  return { reason: 'InvalidRelease', message: issues.slice(0, 5).join('; ') };
}

/** The Rollout that owns a Release, readable or not. */
export function rolloutOfRelease(object: KubeObject): string | undefined {
  const { rollout } = (object['spec'] ?? {}) as { rollout?: unknown };
  if (typeof rollout === 'string') return rollout;
  return object.metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout')?.name;
}
