import { z } from 'zod';

/** The part of coordination.k8s.io/v1 Lease that an election reads and writes. */
export const LeaseSpec = z
  .looseObject({
    holderIdentity: z.string().nullish(),
    leaseDurationSeconds: z.number().nullish(),
    leaseTransitions: z.number().nullish(),
    acquireTime: z.string().nullish(),
    renewTime: z.string().nullish(),
  })
  .catch({});
export type LeaseSpec = z.infer<typeof LeaseSpec>;

/**
 * The times of client-go: a lease is valid for 15 s, its holder stops renewing after 10 s, and candidates try every 2
 * s.
 */
const LEASE_MS = 15_000;
export const [RENEW_MS, RETRY_MS] = [10_000, 2_000];

/** The record of a lease, and since when, by the local clock, it has been unchanged. */
export interface ObservedLease {
  readonly record: string;
  readonly at: number;
}

/** The knowledge of a candidate. Times are local and monotonic, in milliseconds, unless noted otherwise. */
export interface CandidateView {
  readonly identity: string;
  readonly lease: LeaseSpec;
  readonly observed: ObservedLease | null;
  readonly now: number;
  /** Wall-clock time, epoch milliseconds: only for people who read the lease, never for a decision. */
  readonly wallClock: number;
}

/** `hold` writes `spec`; `wait` leaves the lease to its holder. Pass `observed` to the next call. */
export type CandidateDecision =
  | { readonly kind: 'hold'; readonly spec: LeaseSpec; readonly observed: ObservedLease }
  | { readonly kind: 'wait'; readonly observed: ObservedLease };

/** A time as Kubernetes' MicroTime. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/**
 * Decides as client-go does: a lease is free when nobody holds it, when we do, or when its record has not changed for
 * its whole duration by OUR clock. The times in the record are another machine's and are ignored.
 */
export function decideLease({ identity, lease, observed, now, wallClock }: CandidateView): CandidateDecision {
  const record = JSON.stringify(lease);
  const seen = observed?.record === record ? observed : { record, at: now };
  const holder = lease.holderIdentity ?? '';
  const durationMs = (lease.leaseDurationSeconds ?? LEASE_MS / 1_000) * 1_000;
  const isFree = holder === '' || holder === identity || now - seen.at >= durationMs;
  if (!isFree) return { kind: 'wait', observed: seen };
  const isOurs = holder === identity;
  const time = microTime(wallClock);
  const spec: LeaseSpec = {
    ...lease,
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_MS / 1_000,
    acquireTime: isOurs ? (lease.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (lease.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
  };
  return { kind: 'hold', spec, observed: seen };
}

/** The lease as released by its holder, so that another takes it at its next try. */
export function releasedLease(lease: LeaseSpec, wallClock: number): LeaseSpec {
  return { ...lease, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(wallClock) };
}
