import { abortIf, type Engine } from './engine.ts';
import { type Arm, type Look, quantile } from './look.ts';

/** Requests of the canary below which no engine here compares: a share of five requests says nothing. */
export const LEAST = 10;

/** Share of bad requests; 0 without requests. */
export const shareOf = ({ events, bad }: Arm): number => (events === 0 ? 0 : bad / events);

/** The usual alert: twice the errors of stable, or a p95 20 % above stable's, in one window. */
function above({ canary, stable }: Look): boolean {
  if (canary.events < LEAST) return false;
  if (canary.buckets !== undefined && stable.buckets !== undefined)
    return quantile(canary.buckets, 0.95) > 1.2 * quantile(stable.buckets, 0.95);
  return shareOf(canary) > 2 * shareOf(stable);
}

/** Rolls back on the first window above the threshold. */
export const threshold: Engine = { name: 'threshold', begin: () => (look) => abortIf(above(look)) };

/** Rolls back on three windows above the threshold in a row. */
export const threeInARow: Engine = {
  name: 'threshold-3-in-a-row',
  begin: () => {
    let row = 0;
    return (look) => {
      row = above(look) ? row + 1 : 0;
      return abortIf(row >= 3);
    };
  },
};
