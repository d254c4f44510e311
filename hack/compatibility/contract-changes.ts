import type { Contract, CrdContract } from './released.ts';
import { additions, incompatible, type SchemaChange } from './schema-changes.ts';

const PREFIX = 'status';

function crdChanges(before: CrdContract, after: CrdContract | undefined): SchemaChange[] {
  if (after === undefined) return [{ path: '', what: 'is gone' }];
  const scope =
    before.scope === after.scope
      ? []
      : [{ path: '', what: `scope is ${after.scope} and was ${before.scope}` }];
  const versions = Object.entries(before.versions).flatMap(([version, schema]) => {
    const now = after.versions[version];
    return now === undefined ? [{ path: '', what: `version ${version} is gone` }] : incompatible(schema, now);
  });
  return [...scope, ...versions];
}

const lineOf =
  (name: string) =>
  ({ path, what }: SchemaChange): string =>
    `${[name.split('.')[0], path].filter((part) => part !== '').join(' ')}: ${what}`;

/** Changes by which objects in Git or in clusters would be refused, cut or understood otherwise, one line each. */
export function brokenBy(before: Contract, after: Contract): string[] {
  return Object.entries(before.crds).flatMap(([name, crd]) =>
    crdChanges(crd, after.crds[name]).map(lineOf(name)),
  );
}

/**
 * What is new in the status of Releases, if their machine version is still the released one: a controller of that release
 * takes such a status for one of its own, and writes it without what is new.
 */
export function lostByOlder(before: Contract, after: Contract): string[] {
  if (after.machineVersion > before.machineVersion) return [];
  const name = 'releases.sluice.dev';
  const versions = Object.entries(before.crds[name]?.versions ?? {});
  return versions.flatMap(([version, { properties = {} }]) => {
    const [was, now] = [properties[PREFIX], after.crds[name]?.versions[version]?.properties?.[PREFIX]];
    return was === undefined || now === undefined ? [] : additions(was, now, PREFIX).map(lineOf(name));
  });
}
