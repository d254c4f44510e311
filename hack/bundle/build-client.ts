/** `npm run build:dashboard`: the pages of the dashboard, in dist/dashboard/client. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleClient } from './dashboard-client.ts';

const folder = fileURLToPath(new URL('../../dist/dashboard/client/', import.meta.url));
const { files } = await bundleClient();
await mkdir(folder, { recursive: true });
await Promise.all(Object.entries(files).map(([name, text]) => writeFile(`${folder}${name}`, text)));
const bytes = Object.values(files).reduce((sum, text) => sum + gzipSync(text).length, 0);
console.log(`dist/dashboard/client  ${(bytes / 1024).toFixed(1)} KiB compressed`);
