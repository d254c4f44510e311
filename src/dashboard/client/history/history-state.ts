import type { ReleaseView } from '../../../view/release-view.ts';
import { spanText } from '../parts/time.tsx';

/** How long a release took, in milliseconds; null while it is not over. */
export function tookMs({ heading: { began, ended } }: Pick<ReleaseView, 'heading'>): number | null {
  return began === undefined || ended === undefined ? null : Date.parse(ended) - Date.parse(began);
}

/** How often releases ended in one way for one reason. */
export interface Ending {
  readonly outcome: string;
  readonly reason: string;
  readonly count: number;
}

/** The outcomes by reason, the most frequent first. */
export function endingsOf(releases: readonly ReleaseView[]): readonly Ending[] {
  const counts = new Map<string, Ending>();
  for (const { place } of releases) {
    if (!place.isOver) continue;
    const { phase: outcome, reason = outcome } = place;
    const key = `${outcome} ${reason}`;
    counts.set(key, { outcome, reason, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** The ended releases that have traffic in their past, oldest first: when they began, and how many seconds they took. */
export function courseOf(
  releases: readonly ReleaseView[],
): readonly { readonly at: number; readonly seconds: number; readonly isPromoted: boolean }[] {
  return releases
    .flatMap((one) => {
      const took = tookMs(one);
      if (took === null) return [];
      const at = Date.parse(one.heading.began ?? '') / 1_000;
      return [{ at, seconds: took / 1_000, isPromoted: one.place.phase === 'Promoted' }];
    })
    .toSorted((a, b) => a.at - b.at);
}

/** One thing about two releases. */
export interface Comparison {
  readonly about: string;
  readonly values: readonly [string, string];
}

function factsOf(view: ReleaseView): ReadonlyMap<string, string> {
  const { heading, place, exposure, metrics, people, steps, traffic } = view;
  const took = tookMs(view);
  const acts = people.acts.map(({ act, about, by, reason }) =>
    [by ?? 'somebody', act, about, reason === undefined ? undefined : `(${reason})`]
      .filter(Boolean)
      .join(' '),
  );
  return new Map([
    ['Revision', heading.revision ?? ''],
    ['Images', heading.change.images.join('; ')],
    ['Other fields changed', heading.change.fields.join('; ')],
    ['Outcome', place.text],
    ['Reason', place.reason ?? ''],
    ['Message', place.message ?? ''],
    ['Took', took === null ? '' : spanText(took)],
    ['Steps', steps.map(({ name, state }) => `${name} ${state}`).join(', ')],
    ['Traffic', traffic.text],
    ['At risk', exposure?.text ?? ''],
    ['People', acts.join('; ')],
    ...metrics.map(({ name, verdict, message }): [string, string] => [
      `Metric ${name}`,
      `${verdict}: ${message}`,
    ]),
  ]);
}

/** Two releases beside each other; what neither has is left out. */
export function comparisonOf(one: ReleaseView, other: ReleaseView): readonly Comparison[] {
  const [a, b] = [factsOf(one), factsOf(other)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((about): Comparison => ({ about, values: [a.get(about) ?? '', b.get(about) ?? ''] }))
    .filter(({ values: [first, second] }) => first !== '' || second !== '');
}
