/** `npm run bundle`: the command line `sluice` as one file, dist/sluice.mjs; as kubectl-sluice it is a plugin. */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const outfile = fileURLToPath(new URL('../../dist/sluice.mjs', import.meta.url));
const { bytes } = await bundle(outfile);
console.log(`dist/sluice.mjs  ${(bytes / 2 ** 20).toFixed(1)} MiB`);
