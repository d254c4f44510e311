import type { KubeObject } from './meta.ts';

/** Caches what was derived from an object as long as that object is in memory, so that each version is parsed once. */
export function perObject<T>(make: (object: KubeObject) => T): (object: KubeObject) => T {
  const made = new WeakMap<KubeObject, { value: T }>();
  return (object) => {
    const known = made.get(object);
    if (known !== undefined) return known.value;
    const value = make(object);
    made.set(object, { value });
    return value;
  };
}
