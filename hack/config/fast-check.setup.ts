import { configureGlobal, readConfigureGlobal } from 'fast-check';

/** One seed for every run, so that a red run is about the change; `SLUICE_SEED=random` looks for what no run has seen. */
const asked = process.env['SLUICE_SEED'];
const fixed = asked === undefined ? 20_261_124 : Number(asked);
if (asked !== 'random') configureGlobal({ ...readConfigureGlobal(), seed: fixed });
