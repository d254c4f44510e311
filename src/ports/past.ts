/** Times of a range query: `count` of them, `stepMs` apart; epoch milliseconds. */
export interface Span {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** A counter over time: its value at each time of a span, or nothing if it did not exist. */
export interface PastSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | undefined)[];
}

/** The result of a query over the past. */
export type Past =
  | { readonly kind: 'series'; readonly series: readonly PastSeries[] }
  | { readonly kind: 'noData'; readonly message: string }
  | { readonly kind: 'providerError'; readonly message: string };
