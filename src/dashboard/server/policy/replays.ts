import { createLimit } from '../../../http/limit.ts';
import type { ReplayProgress, ReplayReport } from '../../api/examination.ts';
import type { Problem } from '../../api/problem.ts';
import { Fault, problemOf } from '../fault.ts';
import type { Viewer } from '../people/viewer.ts';
import type { Hooks } from './examiner.ts';

/** Replays at once of all people: each takes a good part of a processor. */
const AT_ONCE = 1;
/** Replays that are not over, of all people and of one. */
const MOST = { all: 16, perPerson: 2 } as const;
/** How long one is continued that nobody watches, so that a reload of the page does not end it. */
const LINGER_MS = 5_000;
/** How long a report is kept for others, and how many. */
const KEPT = { ms: 10 * 60_000, count: 32 } as const;

/** How a replay stands. */
export type ReplayState =
  | { readonly kind: 'progress'; readonly progress: ReplayProgress }
  | { readonly kind: 'report'; readonly report: ReplayReport }
  | { readonly kind: 'problem'; readonly problem: Problem };

interface Job {
  state: ReplayState;
  watchers: number;
  readonly owner: Viewer;
  readonly stop: AbortController;
  timer: NodeJS.Timeout | undefined;
}

/** A replay that somebody watches. */
export interface HeldReplay {
  state(): ReplayState;
  release(): void;
}

const FAILED: Problem = { code: 'failed', message: 'the replay failed; the log says why', next: [] };
const LEFT: Problem = {
  code: 'conflict',
  message: 'the replay has stopped: who began it has signed out',
  next: ['begin it again'],
};

/** All replays: the same one is done once, however many people watch it, and stopped when nobody does. */
export class Replays {
  readonly #jobs = new Map<string, Job>();
  readonly #turns = createLimit(AT_ONCE);
  readonly #onError: (error: unknown) => void;

  /** `onError` receives faults of ours, which only the log may describe. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Watches the replay of a key, and begins it if there is none. Rejects if too many are under way. */
  hold(key: string, owner: Viewer, begin: (hooks: Hooks) => Promise<ReplayReport>): HeldReplay {
    const job = this.#jobs.get(key) ?? this.#begun(key, owner, begin);
    clearTimeout(job.timer);
    job.watchers += 1;
    let isHeld = true;
    return {
      state: () => job.state,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        job.watchers -= 1;
        if (job.watchers === 0 && job.state.kind === 'progress')
          job.timer = setTimeout(() => this.#giveUp(key, job), LINGER_MS).unref();
      },
    };
  }

  /** Replays that are not over. */
  get count(): number {
    return [...this.#jobs.values()].filter(({ state }) => state.kind === 'progress').length;
  }

  #giveUp(key: string, job: Job): void {
    job.stop.abort();
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
  }

  #begun(key: string, owner: Viewer, begin: (hooks: Hooks) => Promise<ReplayReport>): Job {
    const open = [...this.#jobs.values()].filter(({ state }) => state.kind === 'progress');
    const own = open.filter((job) => job.owner === owner);
    if (open.length >= MOST.all || own.length >= MOST.perPerson)
      throw new Fault('tooMany', 'too many replays are under way', ['wait until one has ended']);
    const job: Job = {
      state: { kind: 'progress', progress: { stage: 'waiting', done: 0, total: 0 } },
      watchers: 0,
      owner,
      stop: new AbortController(),
      timer: undefined,
    };
    this.#jobs.set(key, job);
    void this.#run(key, job, begin);
    return job;
  }

  async #run(key: string, job: Job, begin: (hooks: Hooks) => Promise<ReplayReport>): Promise<void> {
    const signal = AbortSignal.any([job.stop.signal, job.owner.signal]);
    const onProgress: Hooks['onProgress'] = (progress) => {
      job.state = { kind: 'progress', progress };
    };
    try {
      const report = await this.#turns(async () => {
        signal.throwIfAborted();
        return begin({ signal, onProgress });
      });
      job.state = { kind: 'report', report };
      this.#keep(key, job);
    } catch (error) {
      // What failed is tried again by the next who asks.
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
      job.state = { kind: 'problem', problem: signal.aborted ? LEFT : this.#problemOf(error) };
    }
  }

  #problemOf(error: unknown): Problem {
    const known = problemOf(error, 'NAMESPACE');
    if (known === null) this.#onError(error);
    return known ?? FAILED;
  }

  #keep(key: string, job: Job): void {
    job.timer = setTimeout(() => this.#giveUp(key, job), KEPT.ms).unref();
    const done = [...this.#jobs].filter(([, { state }]) => state.kind === 'report');
    for (const [old, one] of done.slice(0, Math.max(0, done.length - KEPT.count))) this.#giveUp(old, one);
  }
}
