import { Command, InvalidArgumentError } from 'commander';
import { benchAnalysis } from './analysis.ts';

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}

const program = new Command('bench').description('Measures Sluice.');

program
  .command('analysis')
  .description(
    'How often releases are rolled back, rightly or wrongly, beside other ways to judge them (simulated)',
  )
  .option('--runs <number>', 'simulated releases for each row', count, 500)
  .option('--seed <number>', 'seed of the simulation', count, 1)
  .option('--report <file>', 'write the rows as JSON')
  .action((options: { runs: number; seed: number; report?: string }) => {
    benchAnalysis(options);
  });

await program.parseAsync();
