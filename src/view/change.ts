import type { KubeObject } from '../api/meta.ts';
import type { Release } from '../api/release/release.ts';
import { imageChanges, templateChanges } from '../release/status/template-diff.ts';
import { revisionOf } from '../workload/revision.ts';
import { observeDeployment } from '../workload/workload.ts';
import type { ChangeView } from './release-view.ts';

/** Maximum number of fields shown, and length of a line. */
const MOST_FIELDS = 12;
const MOST_LENGTH = 200;

function templateIn(object: KubeObject): unknown {
  return (object['spec'] as { template?: unknown } | undefined)?.template;
}

/** The pod template that a release tries, from any object that still has it; else undefined. */
export function triedTemplate(
  { spec: { canary, revision } }: Release,
  replicaSets: readonly KubeObject[],
  deployment: KubeObject | null,
): unknown {
  const set = replicaSets.find(({ metadata }) => metadata.name === canary.replicaSet);
  if (set !== undefined) return templateIn(set);
  if (deployment === null) return undefined;
  const held = observeDeployment(deployment, revisionOf);
  return held.revision === revision ? held.template : undefined;
}

/** Values of environment variables and what is not a short scalar are not shown. */
function valueText(path: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (/\.(env|envFrom|args|command)\b/.test(path)) return '…';
  if (typeof value === 'string') return value.slice(0, 80);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '…';
}

function short(lines: readonly string[]): readonly string[] {
  return lines.slice(0, MOST_FIELDS).map((line) => line.slice(0, MOST_LENGTH));
}

/** What a pod template changes compared with stable; nothing if the new one is unknown. */
export function changeView(before: unknown, after: unknown): ChangeView {
  if (after === undefined) return { images: [], fields: [], others: 0 };
  const others = templateChanges(before, after).filter(({ path }) => !path.endsWith('.image'));
  const fields = others.map(
    (one) => `${one.path}: ${valueText(one.path, one.before)} → ${valueText(one.path, one.after)}`,
  );
  return { images: short(imageChanges(before, after)), fields: short(fields), others: others.length };
}
