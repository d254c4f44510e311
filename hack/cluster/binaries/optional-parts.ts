import { constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../cluster-error.ts';
import { isThere } from '../process/is-there.ts';
import { cacheDirectory, copyWhole, installFiles, withLock } from './cache.ts';
import { type GoProgram, goBuild, moduleDirectory } from './go-build.ts';
import { goPrograms, pinned } from './pins.ts';

/** A program that only some runs need, and the definitions of its objects; both come from one Go module. */
interface OptionalPart {
  readonly program: 'contour' | 'epp' | 'helm';
  readonly source: GoProgram;
  /** Below the cache's `bin`; named by the version, so that what lies there is of that version. */
  readonly folder: string;
  /** The definitions of its objects, within the module, if it has any. */
  readonly crds?: string;
}

const PARTS = {
  /** Contour, a second implementation of the Gateway API. */
  contour: {
    program: 'contour',
    source: goPrograms.contour,
    folder: `contour-${pinned.contour}`,
    crds: 'examples/contour/01-crds.yaml',
  },
  /** The endpoint picker of an InferencePool. */
  endpointPicker: {
    program: 'epp',
    source: goPrograms.endpointPicker,
    folder: `inference-extension-${pinned.inferenceExtension}`,
    crds: 'config/crd/bases/inference.networking.k8s.io_inferencepools.yaml',
  },
  /** Helm, which installs the chart. */
  helm: { program: 'helm', source: goPrograms.helm, folder: `helm-${pinned.helm}` },
} as const satisfies Record<string, OptionalPart>;

/** Name of a part that a run may ask for. */
export type OptionalPartName = keyof typeof PARTS;

/** Absolute paths of a part. */
export interface PartFiles {
  readonly program: string;
  /** One YAML file, empty if it has none. */
  readonly crds: string;
}

const CRDS = 'crds.yaml';

/** Where a part lies in the cache once it is there. */
export function filesOf(name: OptionalPartName): PartFiles {
  const { folder, program } = PARTS[name];
  const directory = join(cacheDirectory(), 'bin', folder);
  return { program: join(directory, program), crds: join(directory, CRDS) };
}

/** Where a part lies in the cache; null while it is not there. */
export async function findPart(name: OptionalPartName): Promise<PartFiles | null> {
  const files = filesOf(name);
  const both = await Promise.all([
    isThere(files.program, constants.X_OK),
    isThere(files.crds, constants.R_OK),
  ]);
  return both.includes(false) ? null : files;
}

/** Finds a part in the cache or builds it from the Go module proxy, which takes some minutes the first time. */
export async function ensurePart(name: OptionalPartName, log: Log): Promise<PartFiles> {
  await mkdir(cacheDirectory(), { recursive: true });
  const found = await findPart(name);
  if (found !== null) return found;
  return withLock(name, log, async () => {
    const again = await findPart(name);
    if (again !== null) return again;
    const { source, folder, program, crds }: OptionalPart = PARTS[name];
    const directory = join(cacheDirectory(), 'bin', folder);
    await installFiles(directory, [CRDS, program], async (scratch) => {
      await goBuild(source, scratch, log);
      if (crds === undefined) return writeFile(join(scratch, CRDS), '');
      const { Dir } = await moduleDirectory(source.module);
      await copyWhole(join(Dir, crds), join(scratch, CRDS));
    });
    return { program: join(directory, program), crds: join(directory, CRDS) };
  });
}
