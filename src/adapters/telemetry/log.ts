import { destination, type Logger, pino } from 'pino';
import { withoutCredentials } from '../../api/values/credentials.ts';
import { SluiceError } from '../../errors.ts';
import type { LogLevel } from '../../ports/telemetry.ts';

/** Fields that may hold a secret, in any logged object. */
const SECRETS = ['authorization', 'password', 'token', 'secret', 'cookie', 'url'];

const AT = ['', '*.', '*.*.'];

interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: ErrorFields;
  readonly stack?: string;
}

/**
 * The logged part of an error: never its own properties, in which HTTP clients keep request headers. Expected errors
 * have no stack.
 */
export function describeError(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutCredentials(String(error)) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const isExpected = error instanceof SluiceError;
  return {
    type: error.name,
    message: withoutCredentials(error.message),
    ...code,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
    ...(isExpected || error.stack === undefined ? {} : { stack: withoutCredentials(error.stack) }),
  };
}

/** The log of the process: JSON, one line per entry, to standard output or to `write`. */
export function createLog(level: LogLevel, write?: (line: string) => void): Logger {
  const options = {
    level,
    base: null,
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string): object => ({ level: label }) },
    serializers: { err: describeError },
    redact: { paths: SECRETS.flatMap((name) => AT.map((at) => `${at}${name}`)), censor: '***' },
  };
  return pino(options, write === undefined ? destination({ fd: 1, sync: true }) : { write });
}
