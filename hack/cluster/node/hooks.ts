import { parseDuration } from '../../../src/api/values/duration.ts';
import type { Pod } from './pod.ts';

/** What a test or a benchmark asks of one pod, by annotations that may be changed while it runs. */
export interface Hooks {
  /**
   * `sluice.dev/ready: "false"` makes the pod not ready whatever its probes say, without touching its process;
   * `"true"` makes a pod of a `lazy` node ready. Null where the annotation is absent.
   */
  readonly ready: boolean | null;
  /**
   * `sluice.dev/ready-after: 2s`: how long a pod of an `instant` node takes to become ready, and again after a restart.
   * Without it, the LOAD_SECONDS of the template counts, so that a model keeps its load time.
   */
  readonly readyAfterMs: number;
  /** `sluice.dev/crash: "true"` ends the first container with code 1, again and again for as long as it is there. */
  readonly crash: boolean;
  /** `sluice.dev/evict: "disk pressure"` kills the pod and leaves it Failed, reason Evicted, with that message. */
  readonly evict: string | null;
}

const READY = 'sluice.dev/ready';
const READY_AFTER = 'sluice.dev/ready-after';
const CRASH = 'sluice.dev/crash';
const EVICT = 'sluice.dev/evict';

function flagOf(name: string, text: string | undefined): boolean | null {
  if (text === undefined) return null;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new RangeError(`annotation ${name}="${text}" must be "true" or "false"`);
}

function loadMs({ spec }: Pod): number {
  const text = spec.containers
    .flatMap(({ env }) => env ?? [])
    .find(({ name }) => name === 'LOAD_SECONDS')?.value;
  const seconds = Number(text ?? 0);
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

function readyAfterOf(pod: Pod, text: string | undefined): number {
  if (text === undefined) return loadMs(pod);
  const ms = parseDuration(text);
  if (ms === null)
    throw new RangeError(`annotation ${READY_AFTER}="${text}" must be a duration such as 500ms or 2s`);
  return ms;
}

/** Reads a pod's hooks. Throws a RangeError that names the annotation and how to write it. */
export function hooksOf(pod: Pod): Hooks {
  const annotations = pod.metadata.annotations ?? {};
  return {
    ready: flagOf(READY, annotations[READY]),
    readyAfterMs: readyAfterOf(pod, annotations[READY_AFTER]),
    crash: flagOf(CRASH, annotations[CRASH]) ?? false,
    evict: annotations[EVICT] ?? null,
  };
}
