import { readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { type AnalysisOptions, type AnalysisReport, benchAnalysis } from './analysis/bench.ts';
import { heatMap } from './analysis/heat-map.ts';
import { markdownOf } from './analysis/summary.ts';
import { benchLive } from './live.ts';
import { benchLiveFamilies } from './live-families.ts';
import { benchQueue } from './queue.ts';
import { benchScale } from './scale.ts';

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}

/** Numbers between commas, in order; `none` is an empty list. */
function counts(text: string): number[] {
  return text === 'none'
    ? []
    : text
        .split(',')
        .map(count)
        .toSorted((a, b) => a - b);
}

const names = (text: string): string[] => text.split(',').map((name) => name.trim());

const reportIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as AnalysisReport;

interface ScaleFlags {
  readonly idle: number[];
  readonly releases: number[];
  readonly replicas: number[];
  readonly growth: boolean;
  readonly report?: string;
}

const program = new Command('bench').description('Measures Sluice.');

program
  .command('analysis')
  .description(
    'How often releases are rolled back, rightly or wrongly, beside other ways to judge them (simulated)',
  )
  .option('--runs <number>', 'simulated releases for each row', count, 500)
  .option('--seed <number>', 'seed of the simulation', count, 1)
  .option(
    '--family <names>',
    'kinds of disturbance, such as lasting-noise,cold-start; all by default',
    names,
    [],
  )
  .option('--engine <names>', 'ways to judge, such as sluice,mixture-sprt; all by default', names, [])
  .option('--report <file>', 'write the rows as JSON')
  .action((options: AnalysisOptions) => {
    benchAnalysis(options);
  });

program
  .command('analysis-summary')
  .description('Reports of `analysis` as one table by family and engine, and as a picture')
  .argument('<reports...>', 'files of --report; the engines of each are added')
  .option('--svg <file>', 'write the picture')
  .action((reports: string[], { svg }: { svg?: string }) => {
    const rows = reports.flatMap((file) => reportIn(file).rows);
    console.log(markdownOf(rows).join('\n'));
    if (svg !== undefined) writeFileSync(svg, heatMap(rows));
  });

program
  .command('scale')
  .description(
    'What idle Rollouts and many releases at once cost, on a local cluster (about 25 minutes for all of it)',
  )
  .option('--idle <numbers>', 'idle Rollouts, such as 1,100; or none', counts, [1, 100, 1_000, 5_000])
  .option('--releases <numbers>', 'releases at once, such as 100,500; or none', counts, [100, 500])
  .option('--replicas <numbers>', 'replicas of the controller; several share Redis', counts, [1, 3])
  .option('--no-growth', 'leave out the 10,000 passes that must not grow')
  .option('--report <file>', 'write the rows as JSON')
  .action((options: ScaleFlags) => benchScale(options));

program
  .command('live')
  .description(
    'How soon bad versions are taken out, and what users get of them, on the local cluster (about 8 minutes)',
  )
  .option('--runs <number>', 'times that each fault is played', count, 1)
  .option('--report <file>', 'write the rows as JSON')
  .action((options: { runs: number; report?: string }) => benchLive(options));

program
  .command('live-families')
  .description(
    'The verdict on each family of the analysis bench with real pods and Prometheus, on the local cluster (about 15 minutes)',
  )
  .option('--family <names>', 'families, such as lasting-noise,cold-start; all by default', names, [])
  .option('--lanes <number>', 'releases at a time', count, 2)
  .option(
    '--within <seconds>',
    'longest time of a release; what has not ended by then is shown as it is',
    count,
  )
  .option('--report <file>', 'write the rows as JSON')
  .action((options: { family: string[]; lanes: number; within?: number; report?: string }) =>
    benchLiveFamilies(options),
  );

program
  .command('queue')
  .description('What the queue in Redis costs and guarantees beside BullMQ alone (about 3 minutes)')
  .action(() => benchQueue());

await program.parseAsync();
