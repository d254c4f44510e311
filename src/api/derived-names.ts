/** The longest that a label value and a name of an object may be. */
const [LABEL, NAME] = [63, 253];
/** Kubernetes cuts the name of a ReplicaSet here before it adds 5 random characters to make the name of a pod. */
const POD_BASE = 58;
/** What stays of a long name, so that the whole suffix and its dash stay in the names of the pods. */
const SHORT = 42;

/** FNV-1a in base 36: tells names with the same beginning apart. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(36).padStart(7, '0');
}

const trimmed = (text: string): string => text.replace(/[^a-zA-Z0-9]+$/, '');

/** The name where it is short enough, else its beginning and a digest of the whole. */
function fitted(name: string, length: number): string {
  if (name.length <= length) return name;
  const digest = digestOf(name);
  return `${trimmed(name.slice(0, length - digest.length - 1))}-${digest}`;
}

/** The name of an object as a label value: the name itself where it is short enough. */
export function labelValue(name: string): string {
  return fitted(name, LABEL);
}

/** The name of the Release that tries a revision. */
export function releaseName(rollout: string, suffix: string): string {
  return `${fitted(rollout, NAME - suffix.length - 1)}-${suffix}`;
}

/**
 * The name of the canary ReplicaSet. Of a long Deployment name only the beginning stays: Kubernetes would cut the suffix
 * off the names of the pods, and canary and stable could not be told apart in metrics.
 */
export function replicaSetName(deployment: string, suffix: string): string {
  const whole = `${deployment}-${suffix}`;
  return whole.length < POD_BASE ? whole : `${shortName(deployment)}-${suffix}`;
}

/** What stays of a Deployment's name in the names of ReplicaSets that Sluice makes for it, where it is too long. */
export function shortName(deployment: string): string {
  return trimmed(deployment.slice(0, SHORT));
}

/** What the names of all pods of a ReplicaSet begin with; 5 random characters follow. */
export function podBase(replicaSet: string): string {
  return `${replicaSet}-`.slice(0, POD_BASE);
}
