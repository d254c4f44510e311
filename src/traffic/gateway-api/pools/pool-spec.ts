import { HASH_LABEL } from '../../../api/labels.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { asObject } from '../../json.ts';
import { forDataPlane, selectorOf, type VersionSpec } from '../services/version-spec.ts';

/**
 * The InferencePool for the pods of one version behind the user's: all that it says, with the hash in its selector, and
 * with a picker of its own, since a picker chooses among the pods of one pool.
 */
export function poolSpec(user: KubeObject, hash: string, picker: string | undefined): VersionSpec {
  const spec = asObject(user['spec']);
  const pickerRef = asObject(spec['endpointPickerRef']);
  return {
    labels: forDataPlane(user.metadata.labels),
    annotations: forDataPlane(user.metadata.annotations),
    spec: {
      ...spec,
      selector: { ...asObject(spec['selector']), matchLabels: { ...selectorOf(user), [HASH_LABEL]: hash } },
      endpointPickerRef: picker === undefined ? pickerRef : { ...pickerRef, name: picker },
    },
  };
}
