import { constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import {
  compareVersions,
  formatRange,
  inRange,
  parseVersion,
  type VersionRange,
} from '../binaries/version.ts';
import type { Log } from '../cluster-error.ts';
import { attempt } from './command.ts';
import { isThere } from './is-there.ts';

/** Programs that come together: from one folder and of one version. */
export interface ProgramGroup {
  readonly name: string;
  readonly programs: readonly string[];
  /** Files that have to lie beside the programs. */
  readonly files?: readonly string[];
  /** A text that only a suitable build has in it, and what it stands for. */
  readonly contains?: { readonly text: string; readonly meaning: string };
  readonly versionArguments: readonly string[];
  readonly range: VersionRange;
  /** The group's own folder in the cache. */
  readonly directory: string;
  /** Brings the group into `directory` or onto `PATH`. */
  install(log: Log): Promise<void>;
}

/** A folder that has the group, or why it was passed over (null: it simply is not there). */
type Look = { readonly found: true } | { readonly found: false; readonly reason: string | null };

/** Whether a folder holds the whole group in an accepted version, by running each program. */
export async function lookInto(directory: string, group: ProgramGroup): Promise<Look> {
  const present = await Promise.all([
    ...group.programs.map((name) => isThere(join(directory, name), constants.X_OK)),
    ...(group.files ?? []).map((name) => isThere(join(directory, name), constants.R_OK)),
  ]);
  if (present.includes(false)) return { found: false, reason: null };
  const versions = await Promise.all(
    group.programs.map(async (name) => {
      const { code, stdout } = await attempt(join(directory, name), group.versionArguments, {
        timeoutMs: 60_000,
      });
      return code === 0 ? parseVersion(stdout) : null;
    }),
  );
  const [first] = versions;
  if (first === undefined || first === null || versions.includes(null)) {
    return { found: false, reason: `${group.name} in ${directory} does not run` };
  }
  if (versions.some((version) => version !== null && compareVersions(version, first) !== 0)) {
    return { found: false, reason: `the programs of ${group.name} in ${directory} have different versions` };
  }
  if (inRange(first, group.range)) return lookForText(directory, group);
  return {
    found: false,
    reason: `${group.name} in ${directory} is ${first.join('.')}, needed is ${formatRange(group.range)}`,
  };
}

async function lookForText(directory: string, group: ProgramGroup): Promise<Look> {
  if (group.contains === undefined) return { found: true };
  for (const program of group.programs) {
    const { code } = await attempt('grep', ['-qaF', group.contains.text, join(directory, program)]);
    if (code !== 0)
      return { found: false, reason: `${program} in ${directory} has no ${group.contains.meaning}` };
  }
  return { found: true };
}

/** The folders of programs that a person has set up, each once: `KUBEBUILDER_ASSETS` first, then `PATH`. */
export async function personalDirectories(env: NodeJS.ProcessEnv): Promise<string[]> {
  const named = [env['KUBEBUILDER_ASSETS'] ?? '', ...(env['PATH'] ?? '').split(delimiter)];
  const real = await Promise.all(
    named.map((directory) => realpath(directory || '/nonexistent').catch(() => '')),
  );
  return [...new Set(real)].filter((directory) => directory !== '');
}

/** The first folder that has the group, and what was passed over on the way. */
export async function findGroup(
  group: ProgramGroup,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly directory: string | null; readonly passedOver: readonly string[] }> {
  const passedOver: string[] = [];
  for (const directory of [...(await personalDirectories(env)), group.directory]) {
    const look = await lookInto(directory, group);
    if (look.found) return { directory, passedOver };
    if (look.reason !== null) passedOver.push(look.reason);
  }
  return { directory: null, passedOver };
}
