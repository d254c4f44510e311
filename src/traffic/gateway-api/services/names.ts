import { serviceName } from '../../../api/derived-names.ts';
import type { Json } from '../../json.ts';
import { asString } from '../../json.ts';

/** The two versions of a workload, each with a Service of its own during a release. */
export const VERSIONS = ['stable', 'canary'] as const;
export type Version = (typeof VERSIONS)[number];

const OURS = /-sluice-(stable|canary)$/;

/** Name of our Service for a version of the pods behind the user's Service. The same in every release. */
export function versionService(service: string, version: Version): string {
  return serviceName(service, `sluice-${version}`);
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
