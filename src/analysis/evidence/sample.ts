/** One series of an instant vector: its labels and its value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The result of a query for raw counters. An empty answer is never a number. */
export type Sample =
  | { readonly kind: 'vector'; readonly series: readonly Series[] }
  | { readonly kind: 'noData'; readonly message: string }
  | { readonly kind: 'notANumber'; readonly message: string }
  | { readonly kind: 'providerError'; readonly message: string };

/** A query of one metric for one version, with the variables filled in. */
export interface ArmQuery {
  readonly metric: string;
  readonly arm: 'canary' | 'stable';
  readonly part: 'requests' | 'failures' | 'buckets' | 'counters' | 'query' | 'sum' | 'per' | 'gauge';
  /** The covariate whose part it is; absent: the metric's own. */
  readonly covariate?: string;
  readonly promql: string;
  /** The source that is queried; by default the controller's. */
  readonly source?: string;
}

/** The counters of one query at both ends of a window. */
export interface ArmSamples extends ArmQuery {
  readonly start: Sample;
  readonly end: Sample;
}

/** All samples of one window; times in epoch milliseconds. */
export interface WindowSamples {
  readonly start: number;
  readonly end: number;
  readonly samples: readonly ArmSamples[];
}
