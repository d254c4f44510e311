/** Waits; ends early when the signal is aborted. Answers whether the whole time has passed; never rejects. */
export function wait(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve(true);
    };
    const timer = setTimeout(end, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
