/** Number of edits (insert, delete, replace) that turn one word into the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The words sorted by the number of edits, so that the likely intended word comes first. */
export function nearest(word: string, known: readonly string[]): readonly string[] {
  const ranked = known.map((one) => ({ one, edits: distance(word, one) }));
  return ranked.toSorted((a, b) => a.edits - b.edits).map(({ one }) => one);
}
