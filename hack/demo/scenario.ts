/** How the demo expects a release to end. */
export type Outcome = 'Promoted' | 'Aborted';

/** One push of a new version of the example, and its expected outcome. */
export interface Push {
  /** Name of the version, as in the image tag and in the answers of the model server. */
  readonly version: string;
  /** What is special about it, for the person who watches. */
  readonly what: string;
  /** Environment of the container; it is part of the pod template, so a version's behaviour is in its template. */
  readonly env: Readonly<Record<string, string>>;
  readonly expected: Outcome;
}

const SOUND = { LATENCY_MS: '60', ERROR_SHARE: '0' };

/** Released under the annotations of the Deployment. */
export const BY_ANNOTATION: readonly Push[] = [
  { version: 'v2', what: 'as good as v1', env: SOUND, expected: 'Promoted' },
  { version: 'v3', what: 'twice the p95', env: { ...SOUND, LATENCY_MS: '120' }, expected: 'Aborted' },
];

/** Released under a Rollout from YAML. */
export const BY_ROLLOUT: readonly Push[] = [
  { version: 'v4', what: '5 % errors', env: { ...SOUND, ERROR_SHARE: '0.05' }, expected: 'Aborted' },
  { version: 'v5', what: 'as good as v2', env: SOUND, expected: 'Promoted' },
];

/** An answer slower than this is a bad one: the bound of the example's latency metric, in milliseconds. */
export const SLO_MS = 150;
