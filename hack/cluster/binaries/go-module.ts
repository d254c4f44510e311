import { z } from 'zod';

const reference = z.object({ Path: z.string(), Version: z.string().optional() });

/** The parts of `go mod edit -json` that decide how a module is built as somebody's dependency. */
export const GoModFile = z.object({
  Go: z.string(),
  GoDebug: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(),
  Require: z.array(z.object({ Path: z.string(), Version: z.string() })).nullish(),
  Replace: z.array(z.object({ Old: reference, New: reference })).nullish(),
});
export type GoModFile = z.infer<typeof GoModFile>;

export interface GoModule {
  readonly path: string;
  readonly version: string;
}

const spelled = ({ Path, Version }: z.infer<typeof reference>): string =>
  Version === undefined ? Path : `${Path} ${Version}`;

/** The version under which Kubernetes publishes its staging modules: v0.37.1 goes with v1.37.1. */
const stagingVersion = (version: string): string => version.replace(/^v\d+\./, 'v0.');

/**
 * The replace lines that a go.mod needs to build `module` as a dependency. Go ignores a dependency's own replace lines:
 * lines that point to another module are repeated; lines that point into the module's own tree, for a requirement of
 * v0.0.0, become the version published with it; the rest already require a published version.
 */
export function replaceLines(module: GoModule, file: GoModFile): string[] {
  const placeholders = new Set(
    (file.Require ?? []).filter(({ Version }) => Version === 'v0.0.0').map(({ Path }) => Path),
  );
  return (file.Replace ?? []).flatMap(({ Old, New }) => {
    if (New.Version !== undefined) return [`${spelled(Old)} => ${spelled(New)}`];
    return placeholders.has(Old.Path) ? [`${Old.Path} => ${Old.Path} ${stagingVersion(module.version)}`] : [];
  });
}

/** The whole text of a go.mod whose only purpose is to build `module`, given the module's own go.mod. */
export function buildFile(module: GoModule, file: GoModFile): string {
  const replaces = replaceLines(module, file);
  return [
    'module sluice-build',
    `go ${file.Go}`,
    ...(file.GoDebug ?? []).map(({ Key, Value }) => `godebug ${Key}=${Value}`),
    `require ${module.path} ${module.version}`,
    ...(replaces.length === 0 ? [] : [`replace (\n${replaces.map((line) => `\t${line}`).join('\n')}\n)`]),
    '',
  ].join('\n\n');
}
