import type { Link } from '../api/notification.ts';
import type { Release } from '../api/release/release.ts';

/** The links of the policy, with their variables filled in. */
export function linksOf({ metadata, spec }: Release): readonly Link[] {
  const values: Readonly<Record<string, string>> = {
    namespace: metadata.namespace ?? '',
    workload: spec.workload.name,
    release: metadata.name,
    revision: spec.revision,
  };
  return (spec.policy.links ?? []).map(({ name, url }) => ({
    name,
    url: url.replace(/\{([a-z]+)\}/g, (whole, key: string) => {
      const value = values[key];
      return value === undefined ? whole : encodeURIComponent(value);
    }),
  }));
}
