/** `npm run bundle`: the controller and the command line, one file each in `dist`; kubectl-sluice is a plugin under that name. */
import { fileURLToPath } from 'node:url';
import { bundle, PROGRAMS } from './bundle.ts';

for (const program of Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]) {
  const file = `dist/${program}.mjs`;
  const { bytes } = await bundle(program, fileURLToPath(new URL(`../../${file}`, import.meta.url)));
  console.log(`${file}  ${(bytes / 2 ** 20).toFixed(1)} MiB`);
}
