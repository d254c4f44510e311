import type { Browser, Page } from 'playwright-core';
import { signInAs } from '../stage.ts';

/** Somebody at an open page of the dashboard. */
export interface Viewer {
  readonly page: Page;
  /** What went wrong in the page, its policy included. */
  readonly faults: readonly string[];
}

/** People who have come so far; each has an address of their own. */
let visitors = 0;

/** Opens a page in a browser of their own, which trusts any provider. It is never loaded again: `isSame` says so. */
export async function visit(browser: Browser, url: string): Promise<Viewer> {
  visitors += 1;
  const page = await browser.newPage({
    ignoreHTTPSErrors: true,
    viewport: { width: 1_280, height: 900 },
    extraHTTPHeaders: { 'x-forwarded-for': `10.1.0.${visitors}` },
  });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** The same, signed in by a token. */
export async function visitAs(browser: Browser, url: string, token: string): Promise<Viewer> {
  const viewer = await visit(browser, url);
  await signInAs(viewer.page, token);
  return viewer;
}

/** Marks a page, so that `isSame` can tell whether it was loaded again. */
export const mark = (page: Page): Promise<unknown> => page.evaluate('window.sluiceMark = 1');

/** Whether it is still the page that was marked. */
export const isSame = (page: Page): Promise<boolean> => page.evaluate('window.sluiceMark === 1');

/** Presses a button of the release, writes a reason if one is asked for, and confirms. */
export async function actOn(page: Page, button: string, reason: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const field = dialog.getByLabel('Reason');
  if ((await field.count()) > 0) await field.fill(reason);
  await dialog.getByRole('button', { name: button, exact: true }).click();
}
