import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Past } from '../simulation/past.ts';

/** A place of a play: the moment in which its status was written, before anything followed from it. */
export interface Take {
  readonly play: string;
  readonly place: string;
  readonly past: Past;
}

/** What one version of the controller has stored. */
export interface Recording {
  /** Version of its state machine. */
  readonly machine: number;
  /** The commit that it was recorded from. */
  readonly commit: string;
  readonly takes: readonly Take[];
}

/** As it is stored: each version of an object once, one to a line. */
interface Stored {
  readonly machine: number;
  readonly commit: string;
  readonly objects: Readonly<Record<string, KubeObject>>;
  readonly takes: readonly (Omit<Take, 'past'> & {
    readonly past: Omit<Past, 'objects'> & { readonly objects: readonly string[] };
  })[];
}

const lines = (entries: readonly string[]): string => entries.map((entry) => `    ${entry}`).join(',\n');

/** The text of a recording. */
export function textOf({ machine, commit, takes }: Recording): string {
  const objects = new Map<string, KubeObject>();
  const stored = takes.map(({ play, place, past }) => {
    const keys = past.objects.map((object) => {
      const { uid, resourceVersion } = object.metadata;
      const key = `${play}: ${uid} ${resourceVersion}`;
      objects.set(key, object);
      return key;
    });
    return JSON.stringify({ play, place, past: { ...past, objects: keys } });
  });
  const kept = [...objects].map(([key, object]) => `${JSON.stringify(key)}: ${JSON.stringify(object)}`);
  return `{
  "machine": ${machine},
  "commit": ${JSON.stringify(commit)},
  "objects": {
${lines(kept)}
  },
  "takes": [
${lines(stored)}
  ]
}
`;
}

/** A recording from its text. */
export function parseRecording(text: string): Recording {
  const { machine, commit, objects, takes } = JSON.parse(text) as Stored;
  return {
    machine,
    commit,
    takes: takes.map(({ past, ...take }) => ({
      ...take,
      past: { ...past, objects: past.objects.map((key) => objects[key] as KubeObject) },
    })),
  };
}

const FOLDER = new URL('../fixtures/upgrades/', import.meta.url);

/** The file of what a version of the state machine has stored. */
export const fileOf = (machine: number): URL => new URL(`machine-${machine}.json`, FOLDER);

/** The recording of a version of the state machine. */
export const readRecording = (machine: number): Recording =>
  parseRecording(readFileSync(fileOf(machine), 'utf8'));
