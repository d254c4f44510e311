import { readVersion } from '../version.ts';

/** Set by the bundle, which has no package.json beside it. */
declare const SLUICE_VERSION: string | undefined;

/** Version of this program. */
export const version: string = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : readVersion();
