import { asObject, asObjects, type Json } from '../../json.ts';
import { ourVersion } from '../services/names.ts';

/** The backend of a mirror. */
export function mirrorBackend({ requestMirror }: Json): Json {
  return asObject(asObject(requestMirror)['backendRef']);
}

/** Whether a filter copies requests to somewhere. */
export function isMirror({ type }: Json): boolean {
  return type === 'RequestMirror';
}

/** Whether a filter copies requests to a canary, of whichever release. */
export function isMirrorOfOurs(filter: Json): boolean {
  return isMirror(filter) && ourVersion(mirrorBackend(filter)) === 'canary';
}

/**
 * Whether a rule is one of ours, of whichever release: for chosen requests alone, and to one version alone. A rule of the
 * user's names both versions while it is split. A name would be dropped by older CRDs.
 */
export function isRuleOfOurs(raw: Json): boolean {
  const versions = new Set(asObjects(raw['backendRefs']).flatMap((one) => ourVersion(one) ?? []));
  const matches = asObjects(raw['matches']);
  const isChosen = matches.length > 0 && matches.every(({ headers }) => asObjects(headers).length > 0);
  return raw['name'] === undefined && versions.size === 1 && isChosen;
}

/** A rule with other filters; without the field where there are none. */
export function withFilters(raw: Json, filters: readonly Json[]): Json {
  const { filters: _filters, ...rest } = raw;
  return filters.length === 0 ? rest : { ...raw, filters };
}

/** A rule as the user has it, except for its backends. */
export function withoutOurs(raw: Json): Json {
  const filters = asObjects(raw['filters']);
  return filters.some(isMirrorOfOurs)
    ? withFilters(
        raw,
        filters.filter((one) => !isMirrorOfOurs(one)),
      )
    : raw;
}
