import { startLoad } from '../load/load.ts';
import type { LoadRecord } from '../load/record.ts';
import { type Headers, hostFor } from './evidence/headers.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';

/** Those who send requests with the same headers. */
export interface Callers {
  readonly headers: Headers;
  /** Their requests so far, up to now. */
  recordsNow(): Promise<readonly LoadRecord[]>;
}

/** Callers beside those of the site. */
export interface Joined extends Callers {
  stop(): Promise<unknown>;
}

/** All who send requests without headers of their own. */
export const everybody = (site: Pick<Site, 'recordsNow'>): Callers => ({
  headers: {},
  recordsNow: () => site.recordsNow(),
});

/** Starts to send requests with these headers to a site, so many a second; resolves with the first answer. */
export async function join(
  { target, host }: Pick<Site, 'target' | 'host'>,
  headers: Headers,
  rate: number,
): Promise<Joined> {
  const { host: label, ...sent } = headers;
  const at = label === undefined ? target : { ...target, host: hostFor(host, headers) };
  const load = startLoad({ ...at, headers: sent, rate, seconds: 300 });
  const recordsNow = async (): Promise<readonly LoadRecord[]> => {
    const now = Date.now();
    await until('the request log has caught up', () => (load.records().at(-1)?.at ?? 0) > now);
    return load.records();
  };
  await recordsNow();
  return { headers, recordsNow, stop: () => load.stop() };
}
