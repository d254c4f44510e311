/** Maximum lengths of a label value and of the name of an object. */
const [LABEL, NAME] = [63, 253];
/**
 * Kubernetes truncates the name of a ReplicaSet to this length before it adds 5 random characters for the name of a
 * pod.
 */
const POD_BASE = 58;
/** The part of a long name that is kept, so that the names of pods still contain the whole suffix and its dash. */
const SHORT = 42;

/** FNV-1a in base 36: distinguishes names with the same beginning. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(36).padStart(7, '0');
}

const trimmed = (text: string): string => text.replace(/[^a-zA-Z0-9]+$/, '');

/** The name if it is short enough, else its beginning and a digest. */
function fitted(name: string, length: number): string {
  if (name.length <= length) return name;
  const digest = digestOf(name);
  return `${trimmed(name.slice(0, length - digest.length - 1))}-${digest}`;
}

/** The name of an object as a label value: the name itself if it is short enough. */
export function labelValue(name: string): string {
  return fitted(name, LABEL);
}

/** The name of a Service that is derived from another one: also a label in DNS. */
export function serviceName(service: string, suffix: string): string {
  return `${fitted(service, LABEL - suffix.length - 1)}-${suffix}`;
}

/** The name of the Release that tries a revision. */
export function releaseName(rollout: string, suffix: string): string {
  return `${fitted(rollout, NAME - suffix.length - 1)}-${suffix}`;
}

/**
 * The name of the canary ReplicaSet. A long Deployment name is truncated: otherwise Kubernetes would cut the suffix off
 * the names of the pods, and metrics could not distinguish canary and stable.
 */
export function replicaSetName(deployment: string, suffix: string): string {
  const whole = `${deployment}-${suffix}`;
  return whole.length < POD_BASE ? whole : `${shortName(deployment)}-${suffix}`;
}

/** The part of a Deployment's long name that is kept in the names of ReplicaSets that Sluice creates for it. */
export function shortName(deployment: string): string {
  return trimmed(deployment.slice(0, SHORT));
}

/** The prefix of the names of a ReplicaSet's pods; 5 random characters follow. */
export function podBase(replicaSet: string): string {
  return `${replicaSet}-`.slice(0, POD_BASE);
}
