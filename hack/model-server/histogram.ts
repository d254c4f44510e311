/** Counts of observations up to each edge, as Prometheus keeps them. */
export interface Histogram {
  /** Takes in one observation. */
  observe(value: number): void;
  /** The series in the text format: cumulative buckets, sum and count. */
  text(name: string): string;
}

/** Makes a histogram with the given upper edges, ascending, and +Inf. */
export function createHistogram(edges: readonly number[]): Histogram {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  let sum = 0;
  return {
    observe: (value) => {
      const found = edges.findIndex((edge) => value <= edge);
      const at = found === -1 ? edges.length : found;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    text: (name) => {
      let total = 0;
      const lines = counts.map((count, at) => {
        total += count;
        return `${name}_bucket{le="${edges[at] ?? '+Inf'}"} ${total}`;
      });
      return [...lines, `${name}_sum ${sum}`, `${name}_count ${total}`].join('\n');
    },
  };
}
