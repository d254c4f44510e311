/**
 * `npm run package -- URL`: the npm package, the plugin of kubectl and its manifest for krew, in `dist/packages`. URL is the
 * folder from which the archive of this version will be downloaded.
 */
import { fileURLToPath } from 'node:url';
import { makePackages } from './packages.ts';

const [downloads, ...more] = process.argv.slice(2);
if (downloads === undefined || more.length > 0 || !/^https:\/\/[^/]+/.test(downloads)) {
  console.error(
    'npm run package -- URL: the folder from which the archive will be downloaded, as https://…/v0.1.0',
  );
  process.exit(2);
}
const made = await makePackages(
  fileURLToPath(new URL('../../dist/packages', import.meta.url)),
  downloads.replace(/\/$/, ''),
);
for (const file of Object.values(made)) console.log(file);
