import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describeError } from './adapters/telemetry/log.ts';
import { withoutCredentials } from './api/values/credentials.ts';
import { run } from './app/run.ts';
import { readConfig } from './config/config.ts';
import { helpText } from './config/help.ts';
import { SluiceError } from './errors.ts';
import { version } from './version.ts';

/** The default name of this process; a restarted container keeps its host name. */
const uniqueName = (): string => `${hostname()}_${randomUUID().slice(0, 8)}`;

/** Prints the error; returns the exit code: 2 for a wrong setting, 1 for anything else. */
function fail(error: unknown): number {
  const isConfig = error instanceof SluiceError && error.code === 'CONFIG_INVALID';
  const lines = isConfig
    ? error.message.split('\n').map(withoutCredentials)
    : [JSON.stringify(describeError(error))];
  for (const line of lines) process.stderr.write(`sluice: ${line}\n`);
  return isConfig ? 2 : 1;
}

/** The controller's command; returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const asked = readConfig(args, process.env, uniqueName);
    if ('run' in asked) return await run(asked.run, version);
    process.stdout.write(asked.tell === 'help' ? helpText() : `${version}\n`);
    return 0;
  } catch (error) {
    return fail(error);
  }
}

process.exit(await main(process.argv.slice(2)));
