/** Keys that go on together, each once. */
export interface Batch {
  add(key: string): void;
  /** From now on keys go on soon after they are added; those from before at once. */
  open(): void;
  /** Lets those that wait go on now. */
  flush(): void;
}

/**
 * Collects the keys of one turn of the event loop, and before it is open all of them: one object can concern many keys,
 * and when a process starts every object does.
 */
export function createBatch(each: (key: string) => void): Batch {
  const keys = new Set<string>();
  let isOpen = false;
  const flush = (): void => {
    const given = [...keys];
    keys.clear();
    for (const key of given) each(key);
  };
  return {
    add: (key) => {
      if (isOpen && keys.size === 0) setImmediate(flush);
      keys.add(key);
    },
    open: () => {
      isOpen = true;
      flush();
    },
    flush,
  };
}
