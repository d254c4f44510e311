import { afterAll, beforeAll } from 'vitest';
import { LEASE_RIGHTS } from '../faults/lease-rights.ts';
import type { Client } from './kubectl.ts';

/** Lets controllers of the tests around have leases of their own (`onlyFor`), and takes that right away after them. */
export function grantLeases(kubectl: Client): void {
  beforeAll(async () => {
    await kubectl.ok(['apply', '--filename=-'], LEASE_RIGHTS);
  });
  afterAll(async () => {
    await kubectl.ok(['delete', '--filename=-'], LEASE_RIGHTS);
  });
}
