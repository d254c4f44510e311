import { Capacity, WARM_UP } from '../rollout/capacity.ts';
import type { Read } from './values.ts';

const not = (text: string, what: string): Read => ({ problem: `"${text}" is not ${what}` });

/** The resources that the canaries of a namespace may use, as `RESOURCE=MAX` separated by commas. */
export function budget(text: string): Read {
  const pairs = text.split(',').map((part) => /^\s*([^=\s]+)\s*=\s*([^=\s]+)\s*$/.exec(part));
  const given = pairs.map((pair) => ({ resource: pair?.[1] ?? '', max: pair?.[2] ?? '' }));
  const names = new Set(given.map(({ resource }) => resource));
  return Capacity.shape.budget.safeParse(given).success && names.size === given.length
    ? { settings: { canary: { budget: given } } }
    : not(text, 'a budget; write "nvidia.com/gpu=2" or "nvidia.com/gpu=2,memory=64Gi", each resource once');
}

/** Where the body of warm-up requests is read, as `KEY` or `CONFIGMAP/KEY`. */
export function bodyFrom(text: string): Read {
  const parts = text.split('/');
  const [configMap, key] = parts.length === 1 ? [WARM_UP, parts[0]] : parts;
  const read = Capacity.shape.warmUp.safeParse({ bodyFrom: { configMap, key } });
  return read.success && parts.length <= 2
    ? { settings: { warmUp: { bodyFrom: { configMap, key } } } }
    : not(text, `a key of a ConfigMap; write "KEY" for one of ${WARM_UP}, or "CONFIGMAP/KEY"`);
}

/** A path of the pods, for warm-up requests. */
export function path(text: string): Read {
  return Capacity.shape.warmUp.safeParse({ path: text }).success
    ? { settings: { warmUp: { path: text } } }
    : not(text, 'a path; write it like /v1/predict');
}
