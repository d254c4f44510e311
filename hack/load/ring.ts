/** The newest so many items, oldest first. */
export interface Ring<T> {
  push(item: T): void;
  items(): T[];
}

/** Makes a ring of `size` items, at least one. */
export function createRing<T>(size: number): Ring<T> {
  const kept: T[] = [];
  let next = 0;
  return {
    push: (item) => {
      if (kept.length < size) kept.push(item);
      else kept[next] = item;
      next = (next + 1) % size;
    },
    items: () => (kept.length < size ? [...kept] : [...kept.slice(next), ...kept.slice(0, next)]),
  };
}
