import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import { createRedaction } from '../../../release/redaction.ts';
import { templateChanges } from '../../../release/status/template-diff.ts';
import { triedTemplate } from '../../../view/change.ts';
import type { FieldDiff } from '../../api/release.ts';

const MOST = { fields: 100, path: 300, length: 2_000 } as const;

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return text.length > MOST.length ? `${text.slice(0, MOST.length)}…` : text;
}

/**
 * What a release changes in the pod template, with both values of each field. What may be a secret is hidden in both,
 * and a change of it still shows.
 */
export function diffOf(
  release: Release,
  replicaSets: readonly KubeObject[],
  deployment: KubeObject | null,
): readonly FieldDiff[] {
  const after = triedTemplate(release, replicaSets, deployment);
  if (after === undefined) return [];
  const redacted = createRedaction();
  return templateChanges(redacted(release.spec.stable.template), redacted(after))
    .slice(0, MOST.fields)
    .map((change) => ({
      path: change.path.slice(0, MOST.path),
      ...(change.before === undefined ? {} : { before: textOf(change.before) }),
      ...(change.after === undefined ? {} : { after: textOf(change.after) }),
    }));
}
