import { parseArgs } from 'node:util';
import { startLoad } from './load.ts';
import type { Arrivals } from './schedule.ts';
import type { Summary } from './summary.ts';

const USAGE = `node hack/load/main.ts --url http://127.0.0.1:8080/predict --rate 100 --seconds 60
  --host NAME            Host header (default: that of the URL)
  --arrivals poisson|fixed   (default poisson)
  --seed 1  --max-in-flight 200  --timeout-ms 10000
  --json                 print the summary as JSON, with every second`;

function line(
  name: string,
  { requests, failed, p50Ms, p95Ms, p99Ms }: Summary | Summary['byVersion'][string],
): string {
  const times = [p50Ms, p95Ms, p99Ms].map((ms) => `${ms ?? '-'} ms`).join(' / ');
  return `${name.padEnd(10)} ${String(requests).padStart(8)} requests ${String(failed).padStart(6)} failed   p50/p95/p99 ${times}`;
}

function print(summary: Summary): void {
  for (const [version, tally] of Object.entries(summary.byVersion)) console.log(line(version, tally));
  console.log(line('all', summary));
  console.log(
    `codes: ${Object.entries(summary.byCode)
      .map(([code, count]) => `${code} × ${count}`)
      .join(', ')}`,
  );
  if (summary.notSent > 0) console.log(`not sent, too many under way: ${summary.notSent}`);
  console.log(`latest send: ${summary.maxLateMs} ms after it was due`);
}

/** Makes load from the command line; Ctrl-C ends it and prints what there is. */
async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      url: text,
      host: text,
      rate: { ...text, default: '100' },
      seconds: { ...text, default: '60' },
      arrivals: { ...text, default: 'poisson' },
      seed: { ...text, default: '1' },
      'max-in-flight': { ...text, default: '200' },
      'timeout-ms': { ...text, default: '10000' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.url === undefined) throw new RangeError(`--url is missing\n${USAGE}`);
  const load = startLoad({
    url: values.url,
    host: values.host,
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    arrivals: values.arrivals as Arrivals,
    seed: Number(values.seed),
    maxInFlight: Number(values['max-in-flight']),
    timeoutMs: Number(values['timeout-ms']),
    keepRecords: 1,
  });
  process.once('SIGINT', () => void load.stop());
  const summary = await load.done;
  if (values.json) console.log(JSON.stringify(summary, null, 2));
  else print(summary);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
