/**
 * A situation that engines are tried in: the traffic, how good both versions are, and what disturbs them. Everything
 * that disturbs is optional and can be combined.
 */
export interface World {
  readonly name: string;
  readonly truth: 'same' | 'worse';
  readonly kind: 'errors' | 'latency';
  /** Requests per second to both versions together. */
  readonly rps: number;
  /** Share of failed requests of stable and canary; for latency how many times slower the requests are. */
  readonly stable: number;
  readonly canary: number;
  readonly noise?: Noise;
  readonly outage?: Outage;
  readonly pods?: Pods;
  readonly cold?: ColdStart;
  readonly daily?: Daily;
  readonly spikes?: Spikes;
  readonly retries?: Retries;
}

/** A factor on the bad requests that each version draws by itself, log-normal with mean 1. */
export interface Noise {
  /** Coefficient of variation. */
  readonly cv: number;
  /** From look to look; 0 draws every look again. */
  readonly correlation: number;
}

/** A time of trouble that hits both versions, at a random moment. */
export interface Outage {
  readonly seconds: number;
  /** Share of requests that go bad beside the others. */
  readonly extra?: number;
  /** How many times the bad requests. */
  readonly times?: number;
  /** Coefficient of variation of the force with which it hits each version. */
  readonly unequal?: number;
}

/** Pods of both versions; each has its own constant factor on bad requests (nodes, GPUs, shards of users). */
export interface Pods {
  readonly canary: number;
  readonly stable: number;
  readonly cv: number;
}

/** A new pod is worse at first. All canary pods are new when the run begins; the second half begins in its middle. */
export interface ColdStart {
  readonly extra: number;
  /** Age of the pod at which it is gone; it falls linearly until then. */
  readonly seconds: number;
}

/** Traffic and bad requests of both versions swing around their mean in sines. The run begins at a random moment. */
export interface Daily {
  readonly traffic: number;
  readonly bad: number;
  readonly periodSeconds: number;
}

/** Single looks in which one version is much worse. */
export interface Spikes {
  readonly extra: number;
  /** In each such look of the canary, or at random with that chance in both versions, each by itself. */
  readonly every?: number;
  readonly chance?: number;
}

/** Clients and meshes that send a failed request again. */
export interface Retries {
  /** Share of requests that fail on whichever version, also when they are sent again (a bad input). */
  readonly poison: number;
  readonly attempts: number;
  /** The client keeps its connection, so all attempts go to the same version. */
  readonly sticky: boolean;
}
