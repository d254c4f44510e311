import type { LoadRecord } from './record.ts';

/** How requests of a load are sent. */
export interface Transport {
  /** Sends one request, due at `at` and sent so much later, and tells how it went. Never rejects. */
  send(at: number, lateMs: number): Promise<LoadRecord>;
  /** Resolves when its connections are closed. */
  close(): Promise<void>;
}
