import { serviceName } from '../../../api/derived-names.ts';
import type { Json } from '../../json.ts';
import { asString } from '../../json.ts';
import { backendKey, kindOfKey, nameOfKey } from './backend.ts';

/** The two versions of a workload, each with a Service of its own during a release. */
export const VERSIONS = ['stable', 'canary'] as const;
export type Version = (typeof VERSIONS)[number];

const OURS = /-sluice-(stable|canary)$/;

/** Name of our object for a version of the pods behind the user's backend of that name. The same in every release. */
export function versionName(name: string, version: Version): string {
  return serviceName(name, `sluice-${version}`);
}

/** Our backend for a version of the pods behind the user's, by the keys of both. */
export function versionService(service: string, version: Version): string {
  return backendKey({ kind: kindOfKey(service), name: versionName(nameOfKey(service), version) });
}

/** The version that a backend is, by its name, for whichever Service; undefined where it has no name of ours. */
export function ourVersion(ref: Json): Version | undefined {
  const [, version] = OURS.exec(asString(ref['name']) ?? '') ?? [];
  return VERSIONS.find((one) => one === version);
}

/** Whether a backend has a name of ours, for whichever Service. */
export function hasOurName(ref: Json): boolean {
  return ourVersion(ref) !== undefined;
}
