/** What became of a field: from the best to the worst. */
export const OUTCOMES = ['mapped', 'remark', 'refused', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One line of the report: a field of the source, with all beneath it that shares its fate. */
export interface Row {
  /** Such as `spec.strategy.canary.steps[0].setWeight`; empty where it is about the whole object. */
  readonly field: string;
  readonly outcome: Outcome;
  /** The number of values beneath the field that the row speaks of. */
  readonly values: number;
  /** Where it is now, such as `Rollout spec.steps[0].weight`. */
  readonly to?: string;
  /** What changes, or why it is refused and what to do. */
  readonly message?: string;
}

/** How many values had each outcome. */
export type Counts = Readonly<Record<Outcome, number>>;

/** Values of the rows, by outcome. */
export function countsOf(rows: readonly Row[]): Counts {
  const of = (outcome: Outcome): number =>
    rows.filter((row) => row.outcome === outcome).reduce((sum, { values }) => sum + values, 0);
  return { mapped: of('mapped'), remark: of('remark'), refused: of('refused'), unknown: of('unknown') };
}
