import type { Release } from '../api/release.ts';

/** A command about a release, so that it can be copied as it is. */
export function commandFor(command: string, { metadata }: Release): string {
  const { name, namespace } = metadata;
  return `sluice ${command} release/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

/** What a person can do at a gate that waits. It is named, so that a command that is read later opens no other. */
export function commandsAtGate(release: Release, gate: string): readonly string[] {
  return ['approve', 'reject'].map((command) => `${commandFor(command, release)} --gate ${gate}`);
}

/** What a person can do with a release that does not continue by itself. */
export function commandsWhenStuck(release: Release): readonly string[] {
  const { phase = 'Pending' } = release.status ?? {};
  if (phase === 'Stepping') return [commandFor('skip', release), commandFor('abort', release)];
  return phase === 'Pending' || phase === 'Starting' ? [commandFor('abort', release)] : [];
}
