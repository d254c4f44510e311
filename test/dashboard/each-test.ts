import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Stage, startBrowser, startStage } from './stage.ts';

/** What a test plays on. */
export interface OnStage {
  readonly browser: Browser;
  readonly stage: Stage;
}

/** A browser for the tests of a file, and for each of them a stage of its own, set by `put`; what it opened is closed after it. */
export function stageForEach(put: (stage: Stage) => void = () => {}): OnStage {
  let browser: Browser;
  let stage: Stage;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    stage = await startStage();
    put(stage);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await stage.close();
  });
  return {
    get browser() {
      return browser;
    },
    get stage() {
      return stage;
    },
  };
}
