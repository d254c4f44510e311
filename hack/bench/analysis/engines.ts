import type { Engine } from './engine.ts';
import { argo, flagger } from './peers.ts';
import { sluiceEngine } from './sluice.ts';
import { kayenta, mixtureSprt, zTest } from './tests.ts';
import { threeInARow, threshold } from './thresholds.ts';

/** All engines of the benchmark, Sluice first. */
export function allEngines(): readonly Engine[] {
  return [
    sluiceEngine(),
    sluiceEngine(true),
    threshold,
    threeInARow,
    zTest,
    kayenta,
    mixtureSprt,
    argo,
    flagger,
  ];
}
