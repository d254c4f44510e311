/** What is wrong with a part, in a sentence, or null. */
export type Check = () => string | null;

/** What is wrong, by the name of the part. Empty is healthy. */
export type Findings = Readonly<Record<string, string>>;

/** Whether the process is alive (else it is to be restarted) and whether it is ready for work. */
export interface Health {
  /** Adds a part without which the process can only be restarted. */
  live(part: string, check: Check): void;
  /** Adds a part without which the process does no work for the moment. */
  ready(part: string, check: Check): void;
  liveness(): Findings;
  readiness(): Findings;
}

function findingsOf(checks: ReadonlyMap<string, Check>): Findings {
  const all = [...checks].map(([part, check]) => [part, check()] as const);
  return Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== null));
}

/** Makes the checks, without any part. */
export function createHealth(): Health {
  const live = new Map<string, Check>();
  const ready = new Map<string, Check>();
  return {
    live: (part, check) => void live.set(part, check),
    ready: (part, check) => void ready.set(part, check),
    liveness: () => findingsOf(live),
    readiness: () => findingsOf(ready),
  };
}
