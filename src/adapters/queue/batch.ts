/** Keys that are passed on together, each once. */
export interface Batch {
  add(key: string): void;
  /** From now on, keys are passed on soon after they are added; earlier ones at once. */
  open(): void;
  /** Passes on waiting keys now. */
  flush(): void;
}

/**
 * Collects the keys of one turn of the event loop, and all keys before it is opened: one object can concern many keys,
 * and at startup every object is new.
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
