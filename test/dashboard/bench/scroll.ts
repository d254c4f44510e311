import type { Page } from 'playwright-core';

/** How smoothly a list scrolled, in milliseconds from frame to frame, and how many rows were in the document. */
export interface Scrolled {
  readonly frames: number;
  readonly median: number;
  readonly slow: number;
  readonly slowest: number;
  readonly rows: number;
  /** Whether the last row stood in view at the end. */
  readonly isAtEnd: boolean;
}

/** Runs in the page: to the end of the list and back again, some rows with each frame. */
const SCROLL = `(async () => {
  const box = document.querySelector('.rows');
  const end = box.scrollHeight - box.clientHeight;
  const times = [];
  let rows = 0;
  let isAtEnd = false;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let last = await frame();
  for (const way of [1, -1])
    for (let left = end; left > 0; left -= 240) {
      box.scrollTop += way * 240;
      const now = await frame();
      times.push(now - last);
      last = now;
      rows = Math.max(rows, box.querySelectorAll('[role=row]').length);
      if (way === 1 && left <= 240) {
        await frame();
        const shown = [...box.querySelectorAll('[role=row]')].map((row) => Number(row.getAttribute('aria-rowindex')));
        isAtEnd = Math.max(...shown) === Number(box.parentElement.getAttribute('aria-rowcount'));
        last = await frame();
      }
    }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return { frames: times.length, median: at(0.5), slow: at(0.99), slowest: times.at(-1), rows, isAtEnd };
})()`;

/** Scrolls the list of the fleet from its beginning to its end and back. */
export const scroll = (page: Page): Promise<Scrolled> => page.evaluate<Scrolled>(SCROLL);
