import type { Latency } from './latency.ts';
import { hashText } from './random.ts';
import { type Trouble, troubleOf } from './trouble.ts';

/** How a model behaves for a while: how long answers take and how many of them are errors. */
export interface Manner {
  readonly latency: Latency;
  /** Share of requests answered with 500, from 0 to 1. */
  readonly errorShare: number;
}

/** Everything that the environment of a model server says. */
export interface Behaviour {
  readonly version: string;
  readonly pod: string;
  readonly ip: string;
  readonly port: number;
  /** Port for gRPC without TLS; null for none. */
  readonly grpcPort: number | null;
  readonly seed: number;
  readonly loadSeconds: number;
  readonly healthy: Manner;
  /** What else makes requests fail. */
  readonly trouble: Trouble;
  /** What it turns into, and how many seconds after it has loaded; null when it never does. */
  readonly failing: { readonly afterSeconds: number; readonly manner: Manner } | null;
  /** Seconds after loading over which answers come down from three times as slow; 0 for none. */
  readonly slowStartSeconds: number;
  /** Seconds from the start of the process to its exit with code 1; null when it never crashes. */
  readonly crashAfterSeconds: number | null;
  /** Seconds for which requests are still taken after SIGTERM, since proxies learn of it late. */
  readonly drainSeconds: number;
  /** Upper edges of the latency histogram, in seconds, ascending. */
  readonly buckets: readonly number[];
  /** Share of each predicted class; they add up to 1. */
  readonly classes: readonly { readonly name: string; readonly share: number }[];
  /** Seed of what is answered to an input: the same in every version. */
  readonly modelSeed: number;
  /** Share of the inputs that this version takes for another class. */
  readonly wrongShare: number;
  /** What this version adds to each score. */
  readonly scoreShift: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5];

function optional(env: Environment, name: string, max: number): number | null {
  const text = env[name];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || value > max)
    throw new RangeError(`${name}="${text}" must be a number from 0 to ${max}`);
  return value;
}

const number = (env: Environment, name: string, otherwise: number, max = 1e9): number =>
  optional(env, name, max) ?? otherwise;

function bucketsOf(text: string | undefined): readonly number[] {
  if (text === undefined || text === '') return BUCKETS;
  const edges = text.split(',').map(Number);
  if (edges.some((edge, at) => !(edge > (edges[at - 1] ?? 0))))
    throw new RangeError(`BUCKETS="${text}" must be ascending seconds, for example "0.1,0.3,1"`);
  return edges;
}

function classesOf(text: string): Behaviour['classes'] {
  const parts = text.split(',').map((part) => {
    const [name = '', share = ''] = part.split('=');
    return { name: name.trim(), share: Number(share) };
  });
  const total = parts.reduce((sum, { share }) => sum + share, 0);
  if (parts.some(({ name, share }) => name === '' || !(share >= 0)) || !(total > 0))
    throw new RangeError(`CLASSES="${text}" must be names with shares, for example "cat=0.6,dog=0.4"`);
  return parts.map(({ name, share }) => ({ name, share: share / total }));
}

function failingOf(env: Environment, healthy: Manner): Behaviour['failing'] {
  const afterSeconds = optional(env, 'FAIL_AFTER_SECONDS', 1e9);
  if (afterSeconds === null) return null;
  const slower = optional(env, 'FAIL_LATENCY_MS', 60_000);
  const { sigma, medianMs } = healthy.latency;
  const manner = {
    latency: { medianMs: slower ?? medianMs, sigma },
    // A failure that nothing describes is one of every request.
    errorShare: number(env, 'FAIL_ERROR_SHARE', slower === null ? 1 : healthy.errorShare, 1),
  };
  return { afterSeconds, manner };
}

/**
 * Reads a model server's behaviour from its environment. A pod's answers are a function of SEED, VERSION, POD_NAME and
 * the number of the request (and of the time, if there is trouble); those to a request with a body are one of SEED and the body, but for WRONG_SHARE of them
 * and SCORE_SHIFT. Throws a RangeError that names the variable and how to write it.
 */
export function behaviourOf(env: Environment): Behaviour {
  const [version, pod] = [env['VERSION'] ?? 'v1', env['POD_NAME'] ?? env['HOSTNAME'] ?? 'local'];
  const healthy: Manner = {
    latency: {
      medianMs: number(env, 'LATENCY_MS', 20, 60_000),
      sigma: number(env, 'LATENCY_SIGMA', 0.4, 3),
    },
    errorShare: number(env, 'ERROR_SHARE', 0, 1),
  };
  return {
    version,
    pod,
    ip: env['POD_IP'] ?? '127.0.0.1',
    port: number(env, 'PORT', 8080, 65_535),
    grpcPort: optional(env, 'GRPC_PORT', 65_535),
    seed: hashText(`${env['SEED'] ?? '1'}/${version}/${pod}`),
    loadSeconds: number(env, 'LOAD_SECONDS', 0),
    healthy,
    trouble: troubleOf(env, version, pod),
    failing: failingOf(env, healthy),
    slowStartSeconds: number(env, 'SLOW_START_SECONDS', 0),
    crashAfterSeconds: optional(env, 'CRASH_AFTER_SECONDS', 1e9),
    drainSeconds: number(env, 'DRAIN_SECONDS', 2, 600),
    buckets: bucketsOf(env['BUCKETS']),
    classes: classesOf(env['CLASSES'] ?? 'cat=0.6,dog=0.3,bird=0.1'),
    modelSeed: hashText(env['SEED'] ?? '1'),
    wrongShare: number(env, 'WRONG_SHARE', 0, 1),
    scoreShift: number(env, 'SCORE_SHIFT', 0, 1),
  };
}
