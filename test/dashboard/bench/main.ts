/**
 * `npm run bench:dashboard`: how smoothly the fleet scrolls in a real Chromium, and what people with the page open cost the
 * dashboard in memory and requests, in front of an API server in memory. Prints a table; asserts nothing.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ApiServer, startApiServer } from '../../fakes/api-server.ts';
import { eventsOf, signIn } from '../../fakes/dashboard.ts';
import { fleet } from '../scenes.ts';
import { signInAs, startBrowser } from '../stage.ts';
import { scroll } from './scroll.ts';

const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '5000' },
    viewers: { type: 'string', default: '100' },
  },
});

function wholeNumber(name: 'rollouts' | 'viewers'): number {
  if (!/^[1-9][0-9]{0,4}$/.test(values[name])) throw new RangeError(`--${name} must be from 1 to 99999`);
  return Number(values[name]);
}
const [rollouts, viewers] = [wholeNumber('rollouts'), wholeNumber('viewers')];

const api = await startApiServer();
api.people.set('ann-token', { name: 'ann', grants: [{ namespace: '*', plural: '*', verbs: ['*'] }] });
fleet(api, rollouts);
const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [api.url], {
  execArgv: ['--max-semi-space-size=4'],
});
const [{ url }] = (await once(child, 'message')) as [{ url: string }];

/** Resident memory of the dashboard in MiB. */
async function memory(): Promise<number> {
  child.send('memory');
  const [{ rss }] = (await once(child, 'message')) as [{ rss: number }];
  return Math.round(rss / 2 ** 20);
}

/** Requests since a moment, by verb. */
function requestsSince({ requests }: ApiServer, from: number): string {
  const counts = new Map<string, number>();
  for (const { verb } of requests.slice(from)) counts.set(verb, (counts.get(verb) ?? 0) + 1);
  return [...counts].map(([verb, count]) => `${count} ${verb}`).join(', ');
}

const ms = (value: number): string => value.toFixed(1);

async function benchScroll(): Promise<void> {
  const browser = await startBrowser();
  // With the browser's own clock, which frames and figures of memory come from.
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
  await page.goto(url);
  const began = performance.now();
  await signInAs(page, 'ann-token');
  await page.locator('.rows [role=row]').first().waitFor();
  const opened = performance.now() - began;
  const { frames, median, slow, slowest, rows, isAtEnd } = await scroll(page);
  const heap = await page.evaluate<number>('performance.memory.usedJSHeapSize');
  console.log(`| ${rollouts} Rollouts scrolled to the end and back | |\n| --- | --- |`);
  console.log(`| first rows after signing in | ${Math.round(opened)} ms |`);
  console.log(
    `| frames | ${frames}; ${isAtEnd ? 'the last row was reached' : 'THE LAST ROW WAS NOT REACHED'} |`,
  );
  console.log(
    `| from frame to frame, median / 99 % / slowest | ${ms(median)} / ${ms(slow)} / ${ms(slowest)} ms |`,
  );
  console.log(`| rows in the document, at most | ${rows} |`);
  console.log(`| heap of the page | ${Math.round(heap / 2 ** 20)} MiB |\n`);
  await browser.close();
}

async function benchViewers(): Promise<void> {
  const before = await memory();
  const from = api.requests.length;
  const began = performance.now();
  const stop = new AbortController();
  for (let n = 0; n < viewers; n += 1) {
    const one = await signIn(url, 'ann-token', { 'x-forwarded-for': `10.0.${n >> 8}.${n & 255}` });
    const events = eventsOf(`${url}/api/v1/fleet/stream`, { cookie: one.cookie }, stop.signal);
    await events.next();
  }
  const [opened, opening] = [performance.now() - began, await memory()];
  // What was only needed to send the first rows is collected by then.
  await setTimeout(20_000);
  console.log(`| ${viewers} people with the fleet of ${rollouts} open | |\n| --- | --- |`);
  console.log(
    `| memory of the dashboard before, while all open it, 20 s later | ${before}, ${opening}, ${await memory()} MiB |`,
  );
  console.log(`| requests to the API server | ${requestsSince(api, from)} |`);
  console.log(`| watches open | ${api.watchers().length} |`);
  console.log(`| all of them opened after | ${(opened / 1_000).toFixed(1)} s |`);
  stop.abort();
}

await benchScroll();
await benchViewers();
child.disconnect();
await api.close();
