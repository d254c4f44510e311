import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Set by the bundle, which has no package.json beside it. */
declare const SLUICE_VERSION: string | undefined;

/** Version in the package.json beside `src`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Version of this program. */
export const version: string = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : readVersion();
