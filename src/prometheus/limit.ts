/** Runs at most `most` tasks at a time; the others wait in the order in which they came. */
export function createLimit(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  const leave = (): void => {
    running--;
    waiting.shift()?.();
  };
  return async (task) => {
    if (running >= most) await new Promise<void>((enter) => waiting.push(enter));
    running++;
    try {
      return await task();
    } finally {
      leave();
    }
  };
}
