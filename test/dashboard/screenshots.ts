/** `npm run screenshots`: every page at three widths in both themes, as files in `dist/screenshots` or the folder given. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SCENES } from './scenes.ts';
import { openPage, startBrowser, startStage } from './stage.ts';

const WIDTHS = [390, 1_280, 2_560] as const;
const folder = process.argv[2] ?? 'dist/screenshots';

await mkdir(folder, { recursive: true });
const browser = await startBrowser();
for (const { name, open } of SCENES) {
  const stage = await startStage();
  const { page } = await openPage(browser, stage.dashboard.url);
  await open(page, stage);
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      // Plots are drawn again with the next frame.
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))');
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  await page.context().close();
  await stage.close();
}
await browser.close();
console.log(`${SCENES.length * WIDTHS.length * 2} pictures in ${folder}`);
