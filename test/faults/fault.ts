import type { Controller } from '../../hack/testbed/controller.ts';
import type { Allowance } from '../../hack/testbed/evidence/trial.ts';
import type { ApiProxy, Asked, Treatment } from '../../hack/testbed/proxies/api-proxy.ts';
import type { MetricsProxy } from '../../hack/testbed/proxies/metrics-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import type { Pushed, Site } from '../../hack/testbed/site.ts';
import type { Place } from '../../src/api/release/places.ts';

/** The released version: a good version must be promoted, a bad one must be rolled back. */
export const SCENARIOS = ['good', 'bad'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** The stage that only a release with `canary.connect` comes to. */
export const CONNECTING = 'Stepping.Connecting';
/** Where a canary has traffic and may still go either way. */
export const WITH_TRAFFIC = [CONNECTING, 'Stepping.Analysing'] as const;

/** Where faults of the whole cluster begin, which take long. */
export const SHARED_PLACES = ['Stepping.Analysing', 'Promoting.Updating', 'Aborting.Draining'] as const;

/** The state of the case while a fault is injected. */
export interface Scene {
  readonly site: Site;
  readonly pushed: Pushed;
  readonly api: ApiProxy;
  readonly metrics: MetricsProxy;
  readonly redisUrl: string;
  /** Folder of the cluster. */
  readonly directory: string;
  /** The first one leads. */
  readonly controllers: readonly Controller[];
  /** Does something to a component of the cluster. */
  readonly act: (component: string, action: Action) => Promise<void>;
  readonly random: () => number;
}

/** How the controllers of a case are run. */
export interface Replicas {
  readonly controllers?: 1 | 2;
  readonly queue?: 'memory' | 'redis';
  /** Without an election, so that all of them work at once with nothing between them. */
  readonly elect?: boolean;
}

interface Common extends Replicas {
  readonly name: string;
  /** What happens, for people. */
  readonly about: string;
  /** It touches what other cases need too: nothing else runs beside it, or nothing else that uses Redis. */
  readonly alone?: 'cluster' | 'redis';
  /** Only these; both unless told. */
  readonly scenarios?: readonly Scenario[];
  /** By itself, or by the point at which it begins. */
  readonly allowance?: Partial<Allowance> | ((point: string) => Partial<Allowance>);
  readonly policy?: 'annotations' | 'rollout';
  /** The release may rightly stay where it is: then a person aborts it, which must work. */
  readonly mayHold?: boolean;
  /** What is added to the longest time that a release takes, milliseconds. */
  readonly longer?: number;
}

/** A fault at one write of the controller. While `strike` thinks, the write is held. */
export interface WriteFault extends Common {
  readonly at: 'write';
  /** One of so many writes; every one unless told. */
  readonly every?: number;
  strike(scene: Scene, write: Asked): Promise<Treatment> | Treatment;
}

/** A fault that begins as soon as a release is seen to be somewhere. Resolves when it is over. */
export interface PhaseFault extends Common {
  readonly at: 'phase';
  /** Only these places, as `Phase.Stage`; all that the matrix has unless told. */
  readonly places?: readonly Place[];
  inject(scene: Scene): Promise<void>;
}

/** A fault that is there all the time, or none at all. */
export interface LastingFault extends Common {
  readonly at: 'always';
}

export type Fault = WriteFault | PhaseFault | LastingFault;
