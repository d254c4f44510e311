import type { Metric } from '../../api/analysis/analysis-template.ts';
import type { Release } from '../../api/release/release.ts';
import type { Template } from '../../workload/workload.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { bytesOf, fieldsBytesOf } from '../status/bytes.ts';

/** etcd accepts requests up to 1.5 MiB; this leaves some of it for the request itself. */
export const MOST_BYTES = 1_560_000;

/** Space for what people may add to the spec: approvals, skips, an abort, with their reasons. */
const DEEDS_BYTES = 320_000;
/** Size of a status reduced to the minimum, without its metrics. */
const STATUS_BYTES = 270_000;
/** Size of the minimal evidence about one metric; about one class of a drift metric. */
const [METRIC_BYTES, CLASS_BYTES] = [9_000, 2_600];
const MOST_CLASSES = 16;

function evidenceBytes({ drift }: Metric): number {
  return METRIC_BYTES + (drift === undefined ? 0 : MOST_CLASSES * CLASS_BYTES);
}

const kib = (bytes: number): string => `${Math.ceil(bytes / 1_024)} KiB`;

/**
 * Why a Release must not be created: it could become larger than the API server can store, and then no status could be
 * written to it, not even that of an abort. `pushed` is the template that it tries: it may become stable in the next
 * Release, and a newer one of its size may have to be kept during the promotion.
 */
export function sizeProblem(release: Release, pushed: Template): Problem | null {
  const { spec } = release;
  const { template } = spec.stable;
  const templates = 2 * Math.max(bytesOf(template), bytesOf(pushed)) + fieldsBytesOf(template);
  const metrics = bytesOf(spec.metrics);
  const whole = bytesOf(release) + fieldsBytesOf(release) - bytesOf(template) - fieldsBytesOf(template);
  const evidence = spec.metrics.reduce((sum, metric) => sum + evidenceBytes(metric), 0);
  const room = MOST_BYTES - DEEDS_BYTES - STATUS_BYTES;
  const needed = templates + whole + evidence;
  if (needed <= room) return null;
  return {
    reason: 'ReleaseTooLarge',
    message: `a Release needs ${kib(needed)} and there is room for ${kib(room)}: ${kib(templates)} for pod templates, ${kib(metrics + evidence)} for ${spec.metrics.length} metrics; move files and scripts out of the pod template into a ConfigMap or the image, and requests of golden or shadow metrics into their configMap`,
  };
}

/** Whether a Rollout's status can hold the template. If not, there is no Release either. */
export function isStorable(template: Template): boolean {
  return bytesOf(template) + fieldsBytesOf(template) <= MOST_BYTES - STATUS_BYTES;
}
