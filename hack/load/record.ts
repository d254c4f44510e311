/** One request and what came of it. */
export interface LoadRecord {
  /** When it was due, epoch milliseconds. */
  readonly at: number;
  /** Milliseconds by which it was sent late, because the generator could not keep up. */
  readonly lateMs: number;
  /** Milliseconds from sending to the end of the answer, or to the error. */
  readonly latencyMs: number;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** The error if there was no answer, such as ECONNRESET; `IN_FLIGHT_LIMIT` if it was never sent. */
  readonly error: string | null;
  /** The answer's x-version and x-pod; empty where it has none. */
  readonly version: string;
  readonly pod: string;
}

/** A request that was due while too many were under way, and so was not sent. */
export const NOT_SENT = 'IN_FLIGHT_LIMIT';

/** Whether a request failed: no answer, or a status of 500 and above. A request that was not sent has not failed. */
export const isFailed = ({ status, error }: LoadRecord): boolean =>
  error === null ? status >= 500 : error !== NOT_SENT;

/** A record as it goes over the pipe: short, in a fixed order. */
export type Row = [
  at: number,
  late: number,
  latency: number,
  status: number,
  error: string | null,
  version: string,
  pod: string,
];

const tenth = (value: number): number => Math.round(value * 10) / 10;

export function toRow({ at, lateMs, latencyMs, status, error, version, pod }: LoadRecord): Row {
  return [tenth(at), tenth(lateMs), tenth(latencyMs), status, error, version, pod];
}

export function fromRow([at, lateMs, latencyMs, status, error, version, pod]: Row): LoadRecord {
  return { at, lateMs, latencyMs, status, error, version, pod };
}
