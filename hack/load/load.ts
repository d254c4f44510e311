import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type LoadOptions, planOf } from './options.ts';
import { fromRow, type LoadRecord, type Row } from './record.ts';
import { createRing } from './ring.ts';
import { createSummarizer, type Summary } from './summary.ts';

/** Load that is being made by a process of its own. */
export interface Load {
  /** Resolves with the summary when the load has ended; rejects when its process failed. */
  readonly done: Promise<Summary>;
  /** Sends nothing more, waits for what is under way, and answers the summary. */
  stop(): Promise<Summary>;
  /** What has come in so far, at most 0.2 s old. */
  summary(): Summary;
  /** The newest records, oldest first; as many as `keepRecords` says. */
  records(): LoadRecord[];
}

export interface StartOptions extends LoadOptions {
  /** Records kept for `records`; default 100,000. The summary counts all. */
  readonly keepRecords?: number | undefined;
  /** A command to run the process with, such as `['nsenter', '-t', PID, '-n', '--']` to be in a cluster's network. */
  readonly within?: readonly string[] | undefined;
  /** Called for each record as it comes in. */
  readonly onRecord?: ((record: LoadRecord) => void) | undefined;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A small young generation: the records are short-lived. */
const FLAGS = ['--max-semi-space-size=2'];
const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

async function ended(child: Child, sawLastRow: Promise<void>): Promise<void> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-2_000);
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('exit', (exit, signal) => resolve(exit ?? signal ?? ''));
    child.once('error', reject);
  });
  await sawLastRow;
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${complaint.trim()}`);
}

/**
 * Starts an open-loop load in a process of its own, so that neither disturbs the other. It ends by itself, and with this
 * process. Throws a RangeError for options out of bounds and for targets outside the local cluster.
 */
export function startLoad({ keepRecords = 100_000, within = [], onRecord, ...options }: StartOptions): Load {
  const plan = planOf(options);
  const [program, ...args] = [...within, process.execPath, ...FLAGS, CHILD, JSON.stringify(plan)];
  const child: Child = spawn(program ?? process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const summarizer = createSummarizer();
  const ring = createRing<LoadRecord>(keepRecords);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    for (const row of JSON.parse(line) as Row[]) {
      const record = fromRow(row);
      summarizer.add(record);
      ring.push(record);
      onRecord?.(record);
    }
  });
  const sawLastRow = new Promise<void>((resolve) => {
    lines.once('close', resolve);
  });
  const done = ended(child, sawLastRow).then(() => summarizer.summary());
  // Those who wait for `done` see the failure; nobody has to.
  done.catch(() => undefined);
  return {
    done,
    stop: () => {
      child.stdin.end();
      return done;
    },
    summary: () => summarizer.summary(),
    records: () => ring.items(),
  };
}
