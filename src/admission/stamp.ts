import type { KubeObject } from '../api/meta.ts';
import type { AdmissionRequest, Change } from './request.ts';

interface Act {
  readonly gate?: string;
  readonly by?: string;
  readonly onBehalfOf?: string;
}

interface Pause {
  readonly reason?: string;
  readonly by?: string;
}

interface Skip {
  readonly step: number;
  readonly by?: string;
}

interface Spec {
  readonly abort?: Act;
  readonly paused?: boolean;
  readonly pause?: Pause;
  readonly approvals?: readonly Act[];
  readonly skips?: readonly Skip[];
  readonly skipStep?: number;
  readonly promote?: Act;
}

const specOf = (object: KubeObject | null): Spec => object?.['spec'] ?? {};

const isSame = (a: Act, b: Act, by = b.by ?? ''): boolean =>
  a.gate === b.gate && (a.by ?? '') === by && (a.onBehalfOf ?? '') === (b.onBehalfOf ?? '');

/** The name of who did it first. An unknown earlier author stays unknown: past actions cannot be changed. */
function firstBy(before: { readonly by?: string } | undefined, user: string): string | undefined {
  return before === undefined ? user : before.by;
}

function stampedSkips(user: string, now: Spec, before: Spec): Change[] {
  const { skips = [], skipStep } = now;
  const by = skips.map(({ step }) =>
    firstBy(
      before.skips?.find((one) => one.step === step),
      user,
    ),
  );
  const isShort =
    skipStep !== undefined && skipStep !== before.skipStep && !skips.some(({ step }) => step === skipStep);
  return [
    ...by.flatMap((value, index): Change[] =>
      value === undefined ? [] : [{ op: 'add', path: `/spec/skips/${index}/by`, value }],
    ),
    ...(isShort && now.skips === undefined ? [{ op: 'add', path: '/spec/skips', value: [] } as const] : []),
    ...(isShort ? [{ op: 'add', path: '/spec/skips/-', value: { step: skipStep, by: user } } as const] : []),
  ];
}

function stampedPromote(user: string, now: Spec, before: Spec): Change[] {
  const value = firstBy(before.promote, user);
  return now.promote === undefined || value === undefined
    ? []
    : [{ op: 'add', path: '/spec/promote/by', value }];
}

/** Who paused it; nobody any more once it is resumed. Another reason has the name of who gives it. */
function stampedPause(user: string, now: Spec, before: Spec): Change[] {
  if (now.paused !== true) return now.pause === undefined ? [] : [{ op: 'remove', path: '/spec/pause' }];
  const wasPaused = before.paused === true;
  if (now.pause === undefined)
    return wasPaused ? [] : [{ op: 'add', path: '/spec/pause', value: { by: user } }];
  const isKept = wasPaused && before.pause !== undefined && before.pause.reason === now.pause.reason;
  const value = isKept ? before.pause?.by : user;
  return value === undefined ? [] : [{ op: 'add', path: '/spec/pause/by', value }];
}

/**
 * Records who aborted, paused, approved, skipped and promoted: the same as the policy in `manifests/admission/stamp.yaml`.
 * Those who acted before keep their entry; the same approval by the same person again changes nothing.
 */
export function stampOf({ user, object, old }: AdmissionRequest): Change[] {
  const now = specOf(object);
  const { abort, approvals = [] } = now;
  const before = specOf(old);
  const given = before.approvals ?? [];
  const news = approvals
    .map((approval, index) => ({ approval, index }))
    .filter(({ approval }) => !given.some((one) => isSame(one, approval)))
    .map(({ approval, index }) => ({ index, again: given.some((one) => isSame(one, approval, user)) }));
  const aborter = before.abort === undefined ? user : (before.abort.by ?? '');
  return [
    ...(abort === undefined ? [] : [{ op: 'add', path: '/spec/abort/by', value: aborter } as const]),
    ...stampedPause(user, now, before),
    ...news
      .filter(({ again }) => !again)
      .map(({ index }) => ({ op: 'add', path: `/spec/approvals/${index}/by`, value: user }) as const),
    // From the end, so that the indices of the others stay valid.
    ...news
      .filter(({ again }) => again)
      .toReversed()
      .map(({ index }) => ({ op: 'remove', path: `/spec/approvals/${index}` }) as const),
    ...stampedPromote(user, now, before),
    ...stampedSkips(user, now, before),
  ];
}
