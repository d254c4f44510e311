import type { KubeObject } from './meta.ts';

/** Remembers what was made of an object for as long as that very object is in memory: parsed once per version. */
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
