/** The owner of a task: a Release, or anything else of a namespace. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** How much may run at once: in total, per namespace, and per owner. Counted in tasks, or in their cost. */
export interface Shares {
  readonly most: number;
  readonly perNamespace: number;
  readonly perOwner: number;
}

/**
 * Runs a task when its turn has come. A task that still waits when the signal is aborted leaves the queue and rejects
 * with the signal's reason; a running task must watch the signal itself. `cost` counts against the limits: 1 if tasks
 * are counted. No task may cost more than the limit of one owner.
 */
export type FairLimit = <T>(
  owner: Owner,
  run: () => Promise<T>,
  signal?: AbortSignal,
  cost?: number,
) => Promise<T>;

/** What one namespace or one owner has running, and the number of its last start. */
interface Account {
  running: number;
  lastStart: number;
}

interface Queue {
  readonly namespace: Account;
  readonly owner: Account;
  /** First come, first served. */
  readonly waiting: Set<Waiter>;
}

interface Waiter {
  readonly start: () => void;
  readonly cost: number;
}

const keyOf = ({ namespace, name }: Owner): string => `${namespace}/${name}`;

/** Whether the first starts before the second: the namespace, then the owner, whose last start is longest ago. */
function isBefore(one: Queue, other: Queue): boolean {
  const byNamespace = one.namespace.lastStart - other.namespace.lastStart;
  return byNamespace !== 0 ? byNamespace < 0 : one.owner.lastStart < other.owner.lastStart;
}

/** The accounts and queues of all owners, those that are idle left out. */
class Turns {
  readonly #shares: Shares;
  readonly #namespaces = new Map<string, Account>();
  readonly #queues = new Map<string, Queue>();
  #running = 0;
  #starts = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** Resolves when it is this owner's turn; rejects when the signal is aborted before. */
  take(owner: Owner, cost: number, signal: AbortSignal | undefined): Promise<void> {
    const queue = this.#open(owner);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.waiting.delete(waiter);
        this.#tidy(owner);
        reject(signal?.reason);
        // Tasks behind it may cost less.
        this.#startWaiting();
      };
      const start = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiter: Waiter = { start, cost };
      signal?.addEventListener('abort', leave, { once: true });
      queue.waiting.add(waiter);
      this.#startWaiting();
    });
  }

  /** Frees the capacity that the task used. */
  giveBack(owner: Owner, cost: number): void {
    this.#count(this.#open(owner), -cost);
    this.#tidy(owner);
    this.#startWaiting();
  }

  /**
   * A new owner is inserted directly before the owner that started last: further ahead, owners that keep coming back
   * would overtake all who wait.
   */
  #account(): Account {
    return { running: 0, lastStart: this.#starts - 0.5 };
  }

  #open(owner: Owner): Queue {
    const known = this.#queues.get(keyOf(owner));
    if (known !== undefined) return known;
    const namespace = this.#namespaces.get(owner.namespace) ?? this.#account();
    const queue = { namespace, owner: this.#account(), waiting: new Set<Waiter>() };
    this.#namespaces.set(owner.namespace, namespace);
    this.#queues.set(keyOf(owner), queue);
    return queue;
  }

  #tidy(owner: Owner): void {
    const queue = this.#open(owner);
    if (queue.owner.running > 0 || queue.waiting.size > 0) return;
    this.#queues.delete(keyOf(owner));
    const isUsed = [...this.#queues.values()].some(({ namespace }) => namespace === queue.namespace);
    if (!isUsed) this.#namespaces.delete(owner.namespace);
  }

  #count({ namespace, owner }: Queue, change: number): void {
    this.#running += change;
    namespace.running += change;
    owner.running += change;
  }

  /** The queue whose turn it is; null if none has a task that its owner and namespace may start now. */
  #next(): Queue | null {
    const { perNamespace, perOwner } = this.#shares;
    let best: Queue | null = null;
    for (const queue of this.#queues.values()) {
      const [first] = queue.waiting;
      if (first === undefined) continue;
      const isFull =
        queue.namespace.running + first.cost > perNamespace || queue.owner.running + first.cost > perOwner;
      if (!isFull && (best === null || isBefore(queue, best))) best = queue;
    }
    return best;
  }

  #startWaiting(): void {
    for (let queue = this.#next(); queue !== null; queue = this.#next()) {
      const [first] = queue.waiting;
      // The next in turn waits until there is room: cheaper tasks do not overtake it.
      if (first === undefined || this.#running + first.cost > this.#shares.most) return;
      queue.waiting.delete(first);
      this.#starts += 1;
      [queue.namespace.lastStart, queue.owner.lastStart] = [this.#starts, this.#starts];
      this.#count(queue, first.cost);
      first.start();
    }
  }
}

/**
 * Creates a limit that is fair between namespaces, and between the owners in each. No owner may use all of it, and the
 * next task is of the owner whose last start is longest ago, so that slow or numerous tasks of one owner never keep
 * another's from starting.
 */
export function createFairLimit(shares: Shares): FairLimit {
  const turns = new Turns(shares);
  return async (owner, run, signal, cost = 1) => {
    signal?.throwIfAborted();
    await turns.take(owner, cost, signal);
    try {
      return await run();
    } finally {
      turns.giveBack(owner, cost);
    }
  };
}
