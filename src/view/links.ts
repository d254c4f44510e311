import type { Link } from '../api/notification.ts';
import type { Release } from '../api/release/release.ts';
import { traceIdOf } from '../release/trace/trace.ts';

/** The schema takes no other either, but a link is pressed by people, so nobody's word is taken for it. */
const isPage = ({ url }: Link): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);

/** The links of the policy, with their variables filled in; without those about a trace that it does not have. */
export function linksOf(release: Release): readonly Link[] {
  const { metadata, spec } = release;
  const trace = traceIdOf(release);
  const values: Readonly<Record<string, string>> = {
    namespace: metadata.namespace ?? '',
    workload: spec.workload.name,
    release: metadata.name,
    revision: spec.revision,
    ...(trace === undefined ? {} : { trace }),
  };
  const filled = (url: string): string =>
    url.replace(/\{([a-z]+)\}/g, (whole, key: string) => {
      const value = values[key];
      return value === undefined ? whole : encodeURIComponent(value);
    });
  return (spec.policy.links ?? [])
    .filter(({ url }) => trace !== undefined || !url.includes('{trace}'))
    .map(({ name, url }) => ({ name, url: filled(url) }))
    .filter(isPage);
}
