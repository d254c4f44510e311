/** The problem of a part, in a sentence, or null. */
export type Check = () => string | null;

/** Problems by the name of the part. Empty means healthy. */
export type Findings = Readonly<Record<string, string>>;

/** Whether the process is alive (else it should be restarted) and whether it is ready for work. */
export interface Health {
  /** Adds a part whose failure requires a restart. */
  live(part: string, check: Check): void;
  /** Adds a part whose failure stops work for the moment. */
  ready(part: string, check: Check): void;
  liveness(): Findings;
  readiness(): Findings;
}

function findingsOf(checks: ReadonlyMap<string, Check>): Findings {
  const all = [...checks].map(([part, check]) => [part, check()] as const);
  return Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== null));
}

/** Creates the checks, without any part. */
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
