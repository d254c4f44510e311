import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Covariate } from '../../api/analysis/covariate.ts';
import type { Explained, RatioPair } from '../../api/release/analysis-state.ts';
import { countText, percentText } from '../verdict/number-text.ts';
import { timesBy, valueOf } from './times.ts';

const numberText = (value: number): string =>
  value >= 100 ? countText(value) : String(Number(value.toPrecision(2)));

function figureText(covariate: Covariate, { canary, stable }: RatioPair): string {
  const { name, slowerWith, gauge } = covariate;
  const text = slowerWith === 'less' ? percentText : numberText;
  const each = gauge === undefined ? '' : ' for each pod';
  return `${name} ${text(valueOf(canary))} against ${text(valueOf(stable))}${each}`;
}

/** The work of both versions, as far as it is known: `cache hit rate 20 % against 70 %, prompt length 812 against 790`. */
export function workText(
  covariates: readonly Covariate[],
  explained: Explained,
  isWanted: (covariate: Covariate) => boolean = () => true,
): string {
  const texts = covariates.flatMap((one) => {
    const found = explained.figures.find(({ name }) => name === one.name);
    return found === undefined || !isWanted(one) ? [] : [figureText(one, found)];
  });
  return texts.join(', ');
}

/** The figures in which the canary has more work than stable. */
const moreText = (covariates: readonly Covariate[], explained: Explained): string =>
  workText(covariates, explained, (one) => timesBy(one, explained) > 1);

/** Clauses about a canary that is slower than stable. */
export interface WorkClauses {
  /** Why it is neither passed nor rolled back. */
  readonly held: string;
  /** That it is slower than its work explains, to stand behind why it is rolled back; empty where it has no more. */
  readonly beyond: string;
}

/** What is said of a canary that is slower than stable; null for a metric without covariates. */
export function workClauses({ latency }: Metric, explained: Explained | undefined): WorkClauses | null {
  const covariates = latency?.explainedBy;
  if (covariates === undefined || explained === undefined) return null;
  const more = moreText(covariates, explained);
  const times = Number(explained.times.toPrecision(2));
  return more === ''
    ? {
        held: 'slower than stable in this step, but by more work that it had before; not held against the version',
        beyond: '',
      }
    : {
        held: `slower than stable, but it has more work (${more}); not held against the version`,
        beyond: `, and than its work explains (${times} times as long: ${more})`,
      };
}
