import type { Series } from '../../analysis/evidence/sample.ts';
import { parseLabels } from './exposition.ts';
import type { Target } from './target.ts';

type Labels = Series['labels'];

/** The labels of a series of a pod, by its name and the text between the braces. */
export type LabelsOf = (name: string, body: string, target: Target) => Labels;

/** Maximum number of lines whose labels are cached. */
const MOST_LINES = 100_000;

/** Labels that Prometheus would set for a pod; if the page has them too, its own are kept under another name. */
function labelled(name: string, body: string, { namespace, pod }: Target): Labels {
  const { namespace: theirs, pod: other, ...rest } = parseLabels(body);
  return {
    ...rest,
    ...(theirs === undefined ? {} : { exported_namespace: theirs }),
    ...(other === undefined ? {} : { exported_pod: other }),
    __name__: name,
    namespace,
    pod,
  };
}

/**
 * Creates a cache of labels: a page has the same lines at every scrape, so all samples of a series share one object. It
 * is emptied when it grows too large.
 */
export function createLabelMemory(): LabelsOf {
  const known = new Map<string, Labels>();
  return (name, body, target) => {
    const key = `${target.namespace}/${target.pod}/${name}{${body}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= MOST_LINES) known.clear();
    const labels = labelled(name, body, target);
    known.set(key, labels);
    return labels;
  };
}
