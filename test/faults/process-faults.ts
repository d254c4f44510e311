import { setTimeout as delay } from 'node:timers/promises';
import type { Treatment } from '../../hack/testbed/proxies/api-proxy.ts';
import type { Fault, Scene } from './fault.ts';

/** Longer than the lease lasts, and than the next one takes to notice. */
const PAST_LEASE_MS = 19_000;
export const JUMP_MS = 3_600_000;

async function restart({ controllers: [first] }: Scene): Promise<void> {
  await first?.stop('SIGKILL');
  // It may be put away before it is ready again: the release had ended.
  await first?.start().catch(() => undefined);
}

function jump({ controllers: [first] }: Scene): Promise<void> {
  if (first?.pid !== undefined) process.kill(first.pid, 'SIGUSR2');
  return Promise.resolve();
}

/** The leader freezes with a write on its way, another takes over, and then both the write and the leader continue. */
async function freeze({ controllers: [first] }: Scene): Promise<Treatment> {
  first?.pause();
  await delay(PAST_LEASE_MS);
  first?.resume();
  return { kind: 'pass' };
}

/** What can happen to the controller's own process. */
export const PROCESS_FAULTS: readonly Fault[] = [
  { name: 'none', about: 'nothing happens', at: 'always' },
  {
    name: 'twins',
    about: 'two controllers work at once, without an election',
    at: 'always',
    controllers: 2,
    elect: false,
  },
  {
    name: 'kill',
    about: 'SIGKILL when a write is done and its answer has not arrived, then a start',
    at: 'write',
    strike: (scene) => ({ kind: 'lost', after: () => void restart(scene) }),
  },
  {
    name: 'kill-before',
    about: 'SIGKILL before a write is done, then a start',
    at: 'write',
    every: 4,
    strike: (scene) => {
      void restart(scene);
      return { kind: 'silence' };
    },
  },
  {
    name: 'freeze',
    about: 'SIGSTOP for longer than the lease with a write on its way, while another controller takes over',
    at: 'write',
    every: 4,
    controllers: 2,
    longer: 40_000,
    allowance: { exposureMs: 60_000 },
    strike: freeze,
  },
  {
    name: 'clock-forward',
    about: "the controller's wall clock jumps an hour ahead",
    at: 'phase',
    inject: jump,
    // No metric is known at a time that has not come: a release holds there and says so (StepOverdue), until a person
    // aborts it.
    mayHold: true,
    allowance: { ends: ['Promoted', 'Aborted'], exposureMs: 90_000 },
  },
];
