/**
 * How many random plays a test makes: so many in `npm run check`, and `WORLD_TIMES` as many in `npm test`. `WORLD_RUNS`
 * asks for a number.
 */
export const runsOf = (few: number): number =>
  Number(process.env['WORLD_RUNS'] ?? few * Number(process.env['WORLD_TIMES'] ?? 1));
