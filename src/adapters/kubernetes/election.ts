import type { KubeObject } from '../../api/meta.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import { decideLease, LeaseSpec, type ObservedLease, RENEW_MS, RETRY_MS, releasedLease } from './lease.ts';
import { RESOURCES } from './resource.ts';

export interface ElectionDeps {
  /** Its requests must end within half of the renew deadline (5 s), or a hanging request loses the lease. */
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  /** The Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Unique for each process: two of the same name would both lead. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Leadership by a Lease. */
export interface Election {
  /** Runs until the signal is aborted, then releases the lease. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * The fence: computed from the last renewal by the local monotonic clock, so after a pause of the process it is false
   * before any other code runs.
   */
  isLeader(): boolean;
  /**
   * Calls the listener with true when this process begins to lead, with false when it has lost or released the lease.
   */
  subscribe(listener: (leading: boolean) => void): void;
}

/** Creates a candidate. It starts with `run`. */
export function createElection(deps: ElectionDeps): Election {
  return new Candidate(deps);
}

class Candidate implements Election {
  readonly #deps: ElectionDeps;
  readonly #about: object;
  readonly #listeners: ((leading: boolean) => void)[] = [];
  #renewedAt: number | null = null;
  #observed: ObservedLease | null = null;
  #told = false;
  #expiry = new AbortController();

  constructor(deps: ElectionDeps) {
    this.#deps = deps;
    this.#about = { identity: deps.identity, lease: `${deps.namespace}/${deps.name}` };
  }

  isLeader(): boolean {
    return this.#renewedAt !== null && this.#deps.clock.monotonic() - this.#renewedAt < RENEW_MS;
  }

  subscribe(listener: (leading: boolean) => void): void {
    this.#listeners.push(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, random, sleep } = this.#deps;
    while (!signal.aborted) {
      await this.#attempt(signal).catch((err: unknown) => {
        // A conflict means that another candidate was faster, which is normal.
        if (!isCode(err, 'KUBERNETES_CONFLICT'))
          log.warn({ ...this.#about, err }, 'lease could not be renewed');
      });
      this.#tell('warn');
      await sleep(RETRY_MS * (1 + 0.2 * random()), signal);
    }
    await this.#release().catch((err: unknown) =>
      log.warn({ ...this.#about, err }, 'lease could not be given back'),
    );
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { identity, clock } = this.#deps;
    const startedAt = clock.monotonic();
    const { existing, lease } = await this.#read();
    const times = { now: clock.monotonic(), wallClock: clock.now() };
    const decision = decideLease({ identity, lease, observed: this.#observed, ...times });
    this.#observed = decision.observed;
    if (decision.kind === 'wait') {
      this.#renewedAt = null;
    } else if (!signal.aborted) {
      await this.#write(existing, decision.spec);
      // Counted from before the request: others see the record later than that, and so wait longer.
      this.#renewedAt = startedAt;
      this.#watchExpiry();
    }
  }

  async #read(): Promise<{ existing: KubeObject | null; lease: LeaseSpec }> {
    const { client, namespace, name } = this.#deps;
    const existing = await client.get(RESOURCES.Lease, { namespace, name });
    return { existing, lease: LeaseSpec.parse(existing?.['spec'] ?? {}) };
  }

  #write(existing: KubeObject | null, spec: LeaseSpec): Promise<KubeObject> {
    const { client, namespace, name } = this.#deps;
    if (existing !== null) return client.replace(RESOURCES.Lease, { ...existing, spec });
    const metadata = { name, namespace };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    return client.create(RESOURCES.Lease, lease);
  }

  /** Leadership ends on time, even if a hanging request returns later. */
  #watchExpiry(): void {
    this.#expiry.abort();
    this.#expiry = new AbortController();
    const { signal } = this.#expiry;
    void this.#deps.sleep(RENEW_MS, signal).then(() => {
      if (!signal.aborted) this.#tell('warn');
    });
  }

  /** Notifies listeners of a change. Releasing the lease on purpose is not worth a warning. */
  #tell(loss: 'info' | 'warn'): void {
    const { log } = this.#deps;
    const leading = this.isLeader();
    if (leading === this.#told) return;
    this.#told = leading;
    if (leading) log.info(this.#about, 'leading');
    else if (loss === 'warn') log.warn(this.#about, 'not leading any more');
    else log.info(this.#about, 'not leading any more: the lease is given back');
    for (const listener of this.#listeners) listener(leading);
  }

  async #release(): Promise<void> {
    const led = this.isLeader();
    this.#expiry.abort();
    this.#renewedAt = null;
    this.#tell('info');
    if (!led) return;
    const { existing, lease } = await this.#read();
    if (existing !== null && lease.holderIdentity === this.#deps.identity)
      await this.#write(existing, releasedLease(lease, this.#deps.clock.now()));
  }
}
