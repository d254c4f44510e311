import type { KubeObject } from '../api/meta.ts';
import type { Ask, Change } from './ask.ts';

interface Act {
  readonly gate?: string;
  readonly by?: string;
  readonly onBehalfOf?: string;
}

interface Spec {
  readonly abort?: Act;
  readonly approvals?: readonly Act[];
}

const specOf = (object: KubeObject | null): Spec => object?.['spec'] ?? {};

const isSame = (a: Act, b: Act, by = b.by ?? ''): boolean =>
  a.gate === b.gate && (a.by ?? '') === by && (a.onBehalfOf ?? '') === (b.onBehalfOf ?? '');

/**
 * Writes down who aborted and who approved: the same as the policy in `manifests/admission/stamp.yaml`. Those who acted
 * before keep their entry; the same approval by the same person again changes nothing.
 */
export function stampOf({ user, object, old }: Ask): Change[] {
  const { abort, approvals = [] } = specOf(object);
  const before = specOf(old);
  const given = before.approvals ?? [];
  const news = approvals
    .map((approval, index) => ({ approval, index }))
    .filter(({ approval }) => !given.some((one) => isSame(one, approval)))
    .map(({ approval, index }) => ({ index, again: given.some((one) => isSame(one, approval, user)) }));
  const aborter = before.abort === undefined ? user : (before.abort.by ?? '');
  return [
    ...(abort === undefined ? [] : [{ op: 'add', path: '/spec/abort/by', value: aborter } as const]),
    ...news
      .filter(({ again }) => !again)
      .map(({ index }) => ({ op: 'add', path: `/spec/approvals/${index}/by`, value: user }) as const),
    // From the end, so that the places of the others stay.
    ...news
      .filter(({ again }) => again)
      .toReversed()
      .map(({ index }) => ({ op: 'remove', path: `/spec/approvals/${index}` }) as const),
  ];
}
