import { Pool } from 'undici';
import { createGrpcTransport } from './grpc-request.ts';
import type { LoadPlan } from './options.ts';
import { type LoadRecord, NOT_SENT } from './record.ts';
import { scheduleOf } from './schedule.ts';
import type { Transport } from './transport.ts';

type OnRecord = (record: LoadRecord) => void;

const text = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value[0] : value) ?? '';

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.name;
}

function createHttpTransport(plan: LoadPlan): Transport {
  const { pathname, search, href, origin } = new URL(plan.url);
  const pool = new Pool(plan.proxy ?? origin, {
    connections: plan.maxInFlight,
    pipelining: 1,
    connect: { timeout: plan.timeoutMs },
    keepAliveTimeout: 60_000,
  });
  const request = {
    method: plan.method,
    // A proxy gets the whole URL.
    path: plan.proxy === undefined ? `${pathname}${search}` : href,
    headers: { ...plan.headers, host: plan.host },
    body: plan.body,
    headersTimeout: plan.timeoutMs,
    bodyTimeout: plan.timeoutMs,
  };
  const send: Transport['send'] = async (at, lateMs) => {
    const began = performance.now();
    const done = (fields: Pick<LoadRecord, 'status' | 'error' | 'version' | 'pod'>): LoadRecord => ({
      at,
      lateMs,
      latencyMs: performance.now() - began,
      ...fields,
    });
    try {
      const { statusCode: status, headers, body } = await pool.request(request);
      await body.dump();
      return done({ status, error: null, version: text(headers['x-version']), pod: text(headers['x-pod']) });
    } catch (error) {
      return done({ status: 0, error: codeOf(error), version: '', pod: '' });
    }
  };
  return { send, close: () => pool.close() };
}

/**
 * Sends the load of a plan, each request when it is due whatever became of those before, and resolves when the last one
 * has been answered. An aborted signal sends nothing more.
 */
export async function sendLoad(plan: LoadPlan, onRecord: OnRecord, signal: AbortSignal): Promise<void> {
  const transport = plan.protocol === 'grpc' ? createGrpcTransport(plan) : createHttpTransport(plan);
  const start = performance.now();
  const epoch = Date.now();
  const underWay = new Set<Promise<void>>();

  const launch = (offset: number): void => {
    const lateMs = performance.now() - start - offset;
    const at = epoch + offset;
    if (underWay.size >= plan.maxInFlight) {
      onRecord({ at, lateMs, latencyMs: 0, status: 0, error: NOT_SENT, version: '', pod: '' });
      return;
    }
    const run: Promise<void> = transport.send(at, lateMs).then((record) => {
      underWay.delete(run);
      onRecord(record);
    });
    underWay.add(run);
  };

  for (const offset of scheduleOf(plan)) {
    await until(start + offset, signal);
    if (signal.aborted) break;
    launch(offset);
  }
  await Promise.all(underWay);
  await transport.close();
}

/** Waits until the monotonic clock shows `due`, in milliseconds; not at all when it is past. */
async function until(due: number, signal: AbortSignal): Promise<void> {
  const ms = due - performance.now();
  if (ms <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
