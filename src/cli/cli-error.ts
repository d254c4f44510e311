/** Exit codes, the same for every command. */
export const EXIT = {
  ok: 0,
  /** The answer is no: rolled back, invalid, a prerequisite is missing, refused. */
  no: 1,
  usage: 2,
  timeout: 3,
  /** The release ended for a reason other than its quality: superseded or cancelled. */
  overtaken: 4,
  /** No answer: the cluster is unreachable, forbids it, or has no such object. */
  unanswered: 5,
} as const;

type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failed command: the state, the next step to take, and the exit code. */
export class CliError extends Error {
  override readonly name = 'Fault';
  readonly exit: ExitCode;
  /** What the person can do about it; one line each. */
  readonly next: readonly string[];

  constructor(message: string, options: { exit?: ExitCode; next?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exit = options.exit ?? EXIT.no;
    this.next = options.next ?? [];
  }
}

/** The command line is wrong. */
export function usage(message: string, ...next: string[]): CliError {
  return new CliError(message, { exit: EXIT.usage, next });
}
