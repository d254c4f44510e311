/** A dashboard as a process of its own, for `main.ts`: it says where it serves, and at each message how much memory it has. */
import { bundleClient } from '../../../hack/bundle/dashboard-client.ts';
import { assetsOf } from '../../../src/dashboard/server/assets.ts';
import { startDashboard } from '../../fakes/dashboard.ts';

const assets = assetsOf((await bundleClient()).files);
const { url } = await startDashboard(process.argv[2] ?? '', { assets, isBehindProxy: true });
process.send?.({ url });
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }));
process.on('disconnect', () => process.exit());
