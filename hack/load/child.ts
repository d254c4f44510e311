import { type LoadOptions, planOf } from './options.ts';
import { type Row, toRow } from './record.ts';
import { sendLoad } from './sender.ts';

/** Rows are written together this often. */
const FLUSH_MS = 100;

/**
 * The process that `startLoad` runs: reads the plan from its first argument, sends the load, and writes batches of rows
 * as JSON lines to its output. Ends with the load, on SIGTERM, or when the reader has gone.
 */
async function main(): Promise<void> {
  const plan = planOf(JSON.parse(process.argv[2] ?? '') as LoadOptions);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdin.once('end', stop).once('close', stop).resume();
  process.stdout.once('error', stop);
  let rows: Row[] = [];
  const flush = (): void => {
    if (rows.length > 0) process.stdout.write(`${JSON.stringify(rows)}\n`);
    rows = [];
  };
  const timer = setInterval(flush, FLUSH_MS);
  await sendLoad(plan, (record) => rows.push(toRow(record)), stopping.signal);
  clearInterval(timer);
  flush();
  process.stdin.destroy();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
